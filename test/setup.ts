import { spareCertificates } from "./support/machine-certificates.ts";

spareCertificates();
