// Asks echo servers, all at once: arguments are ADDRESS/PORT or ADDRESS/PORT/udp. Prints a JSON array of answers: the
// address that the server saw, `timeout`, or a code such as ECONNREFUSED.
import dgram from "node:dgram";
import net from "node:net";

const limitMs = 2500;
/** What may be lost is sent again. */
const againMs = 500;

const ask = (target) =>
  new Promise((resolve) => {
    const [address, port, protocol] = target.split("/");
    setTimeout(resolve, limitMs, "timeout");
    if (protocol === "udp") {
      const socket = dgram.createSocket("udp4");
      socket.on("message", (text) => resolve(String(text).trim()));
      socket.on("error", (error) => resolve(error.code));
      const send = () => socket.send("hello", Number(port), address);
      send();
      setInterval(send, againMs);
    } else {
      const socket = net.connect(Number(port), address);
      socket.on("data", (text) => resolve(String(text).trim()));
      socket.on("error", (error) => resolve(error.code));
      socket.on("end", () => resolve("nothing"));
    }
  });

const answers = await Promise.all(process.argv.slice(2).map(ask));
process.stdout.write(JSON.stringify(answers), () => process.exit(0));
