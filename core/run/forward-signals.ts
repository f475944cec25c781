const forwarded = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;

/** Sends on what this process gets, until it is disposed. It does not end this process meanwhile. */
export function forwardSignals(send: (signal: NodeJS.Signals) => void): Disposable {
  for (const signal of forwarded) process.on(signal, send);
  return {
    [Symbol.dispose]() {
      for (const signal of forwarded) process.off(signal, send);
    },
  };
}
