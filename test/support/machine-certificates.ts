/**
 * The certificates that this machine trusts besides Node's own, for the environment of a child that fetches something from
 * outside. Other children do without: Node reads all of them at every start, which takes longer than many a command.
 */
export function machineCertificates(): Readonly<Record<string, string>> {
  const file = process.env[kept];
  return file === undefined ? {} : { NODE_EXTRA_CA_CERTS: file };
}

/** Takes them out of what children inherit; this process has read them when it began. */
export function spareCertificates(): void {
  const file = process.env.NODE_EXTRA_CA_CERTS;
  if (file === undefined) return;
  process.env[kept] = file;
  delete process.env.NODE_EXTRA_CA_CERTS;
}

const kept = "TSDOCK_TEST_CERTIFICATES";
