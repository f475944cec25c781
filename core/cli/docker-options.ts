/** Why there is no such option here, for those of docker's commands that people know. */
const reasons: Readonly<Record<string, string>> = {
  "--privileged": "nothing gives a container all of this machine; give single capabilities with --cap-add",
  "--device": "there are no device rules; bind what a program reads with -v",
  "--gpus": "there are no device rules",
  "--link": "containers of one network know one another by name: --network NAME, --network-alias",
  "--security-opt": "there are no profiles of seccomp, AppArmor or SELinux",
  "--sysctl": "what the kernel sets is that of this machine",
  "--log-driver": "what a container writes is kept as docker's json-file",
  "--log-opt": "what a container writes is kept whole",
  "--memory-swap": "--memory allows as much swap as memory, as docker does",
  "--cpu-shares": "--cpus limits processors",
  "--cpuset-cpus": "--cpus limits processors",
  "--ip": "addresses are given by the network; names stand for them",
  "--mac-address": "it is made from the address",
  "--ipc": "each container has its own",
  "--pid": "each container has its own",
  "--uts": "each container has its own",
  "--userns": "an ordinary user's containers are in one, root's are not",
  "--attach": "without -d a container has all streams of this process",
  "--sig-proxy": "without -d signals are passed on",
  "--quiet": "--progress quiet shows no progress",
  "--detach-keys": "end the terminal, or begin with run -d and look with logs -f",
};

/** The reason, where commander's message is of an option that docker has; undefined otherwise. */
export function dockerOption(message: string): string | undefined {
  const [, name = ""] = /^unknown option '(--[a-z-]+)/.exec(message) ?? [];
  return reasons[name];
}
