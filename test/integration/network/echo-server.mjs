// Answers every TCP connection and UDP packet with the address that it came from. `ready` when it listens.
import dgram from "node:dgram";
import net from "node:net";

const port = Number(process.argv[2]);
const address = process.argv[3] ?? "0.0.0.0";
const tcp = net.createServer((socket) => {
  socket.on("error", () => socket.destroy());
  socket.end(`${socket.remoteAddress}\n`);
});
const udp = dgram.createSocket(address.includes(":") ? "udp6" : "udp4");
udp.on("message", (_text, { address: from, port: sender }) => udp.send(`${from}\n`, sender, from));
tcp.listen(port, address, () => udp.bind(port, address, () => process.stdout.write("ready\n")));
