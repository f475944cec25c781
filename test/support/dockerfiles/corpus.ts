/** A file of a context: text, or what else there is. */
export type ContextFile =
  | string
  | { readonly content: string; readonly mode: number }
  | { readonly link: string }
  | { readonly directory: number }
  /** A tar archive of these files. */
  | { readonly archive: Readonly<Record<string, string>>; readonly compressed: boolean };

export interface DockerfileCase {
  readonly name: string;
  /** `box` stands for the base of the tests. */
  readonly dockerfile: string;
  readonly files?: Readonly<Record<string, ContextFile>>;
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** What the base sets, where the file needs to know. */
  readonly baseEnv?: Readonly<Record<string, string>>;
  readonly target?: string;
  /**
   * Newer than the BuildKit in Debian 12's docker: why, and what current BuildKit makes, in the lines of the tests. Everything else is compared
   * with what docker makes.
   */
  readonly newer?: { readonly what: string; readonly added: readonly string[]; readonly config?: object };
  /** Differences that docs/import.md lists. */
  readonly differs?: { readonly paths?: readonly string[]; readonly config?: readonly string[] };
}

const site = { "src/a.txt": "a", "src/b.txt": "b", "src/deep/c.txt": "c", "README.md": "read" };

export const corpus: readonly DockerfileCase[] = [
  {
    name: "from-tag-and-comments",
    dockerfile: "# a comment\n\nFROM box\n# another\nLABEL a=1\n",
  },
  {
    name: "from-scratch",
    dockerfile: "FROM scratch\nCOPY a /a\n",
    files: { a: "1" },
    differs: { config: ["Env"] },
  },
  {
    name: "from-args",
    dockerfile:
      'ARG NAME=box\nARG TAG\nARG FULL=${NAME}${TAG:-}\nFROM ${FULL} AS Base\nFROM base\nARG NAME\nRUN echo "$NAME" > /name\n',
  },
  {
    name: "stages-by-name-and-number",
    dockerfile:
      "FROM box AS one\nRUN echo 1 > /one\nFROM box\nRUN echo 2 > /two\nFROM box AS last\nCOPY --from=0 /one /from-number\nCOPY --from=ONE /one /from-name\nCOPY --from=1 two /\n",
  },
  {
    name: "stage-on-stage",
    dockerfile:
      'FROM box AS base\nENV A=1\nWORKDIR /w\nUSER 1234\nSHELL ["/bin/sh", "-ec"]\nCMD ["x"]\nFROM base\nENV B=$A$A\nENTRYPOINT ["e"]\nRUN id -u > /tmp/id; pwd > /tmp/pwd\n',
  },
  {
    name: "stage-chosen-by-arg",
    dockerfile:
      "ARG KIND=slim\nFROM box AS base-slim\nRUN echo slim > /kind\nFROM box AS base-fat\nRUN echo fat > /kind\nFROM base-${KIND}\n",
    buildArgs: { KIND: "fat" },
  },
  {
    name: "target-stage",
    dockerfile: "FROM box AS dev\nRUN echo dev > /dev-file\nFROM box AS prod\nRUN echo prod > /prod-file\n",
    target: "dev",
  },
  { name: "from-other-image", dockerfile: "FROM box\nCOPY --from=box /etc/passwd /passwd-of-box\n" },
  {
    name: "env-forms",
    dockerfile:
      'FROM box\nENV A=1 B="two words" C=\'$A\' D=a\\ b\nENV OLD the rest of the line\nENV E="say \\"hi\\"" F=x\\\ny\nENV A=new Z=$A\n',
  },
  {
    name: "env-expansion",
    dockerfile:
      'FROM box\nENV A=1 EMPTY=\nENV B=$A C=${A}b D=${X:-w} E=${EMPTY:-e} F=${A:+set} G=${X:+set} H=\\$A I="\\${A}" J=\'$A\' K=${X:-${A}}\nENV L=${A:-"q r"} M=$A$A N=pre${A}post O=$\nLABEL l=$B${C}\nWORKDIR /w$A\nENV P=$P:x\n',
    baseEnv: { X: "", P: "" },
  },
  {
    name: "env-path-of-base",
    dockerfile:
      'FROM box\nENV PATH=/app/bin:$PATH\nENV PATH="$PATH:/last" HOME=${HOME:-/h}\nRUN echo $PATH > /path\n',
  },
  {
    name: "args-and-env",
    dockerfile:
      'FROM box\nARG A=1\nARG B\nARG C="with space" D\nENV A2=$A\nRUN echo "$A,${B-unset},$C,${D+set}" > /args\nARG A=2\nRUN echo $A > /a\nENV A=3\nRUN echo $A > /a3\n',
  },
  {
    name: "build-args",
    dockerfile:
      'ARG VERSION=1\nFROM box\nARG VERSION\nARG OTHER=o\nARG NONE\nRUN echo "$VERSION $OTHER ${NONE-unset}" > /v\nLABEL version=$VERSION\nENV V=${VERSION}-x N=${NONE:-none} M=${NONE:+some}\n',
    buildArgs: { VERSION: "2.5", NONE: "given" },
  },
  {
    name: "arg-with-two-defaults",
    dockerfile:
      "ARG X=global\nFROM box AS one\nARG X=one\nRUN echo $X > /x\nFROM box\nARG X\nARG Y=y-$X\nCOPY --from=one /x /one\nRUN echo $X $Y > /x\n",
  },
  {
    name: "platform-args",
    dockerfile:
      "FROM --platform=$BUILDPLATFORM box AS build\nARG TARGETPLATFORM\nARG TARGETOS TARGETARCH\nARG TARGETVARIANT\nARG BUILDPLATFORM\nARG BUILDARCH\nRUN echo $TARGETPLATFORM $TARGETOS $TARGETARCH $TARGETVARIANT $BUILDPLATFORM $BUILDARCH > /p\nFROM --platform=$TARGETPLATFORM box\nARG TARGETARCH\nCOPY --from=build /p /p\nENV ARCH=$TARGETARCH\nLABEL arch=${TARGETARCH}\n",
  },
  {
    name: "run-forms",
    dockerfile:
      'FROM box\nRUN echo shell > /shell\nRUN ["/bin/sh", "-c", "echo exec \\"$0\\" > /exec", "zero"]\nRUN [ -f /shell ] && echo yes > /bracket\nrun echo lower > /lower\n',
  },
  {
    name: "run-continued",
    dockerfile:
      "FROM box\nRUN echo one > /one && \\\n    # a comment within\n    echo two > /two && \\\n\n    echo 'th\\\nree' > /three\nRUN mkdir -p /opt/a /opt/b \\\n  && touch /opt/a/file /opt/b/file /opt/b/other-file-with-a-long-name \\\n  && chmod 600 /opt/a/file\nRUN echo a\\\nb > /joined\n",
  },
  {
    name: "run-quotes",
    dockerfile:
      "FROM box\nRUN echo \"$HOME `echo x` \\$Y ${Z}\" 'single \\ ${q}' \\\\ > /q\nRUN printf '%s\\n' \"a\tb\" > /tab\n",
  },
  {
    name: "run-mounts",
    dockerfile:
      "FROM box AS other\nRUN mkdir /data && echo d > /data/f\nFROM box\nWORKDIR /w\nRUN --mount=type=cache,target=/cache,id=c1 --mount=type=tmpfs,target=/mem echo x > /cache/f && echo y > /mem/f && ls /cache > /seen\nRUN --mount=type=bind,from=other,source=/data,target=/mnt/data cat /mnt/data/f > /d\nRUN --mount=target=ctx,rw cat ctx/a > /a && echo no > ctx/b\nRUN --mount=type=secret,id=none --mount=type=ssh test ! -e /run/secrets/none\nRUN --mount=type=cache,target=/c2,mode=0700,uid=1234,gid=50,sharing=private stat -c '%a %u %g' /c2 > /c2stat\nRUN --mount=type=bind,source=/,dst=/all,readonly ls /all/a > /all-a\n",
    files: { a: "1" },
    differs: { paths: ["w/ctx", "all", "c2", "cache", "mem", "mnt", "mnt/data"] },
  },
  {
    name: "run-network",
    dockerfile: "FROM box\nRUN --network=none ls /sys/class/net > /net\nRUN --network=default true\n",
    newer: { what: "RUN --network", added: ["file 644 0:0 net 3:lo\n"] },
  },
  {
    name: "copy-files",
    dockerfile:
      "FROM box\nCOPY src/a.txt /one\nCOPY src/a.txt src/b.txt /two/\nCOPY src/*.txt /three/\nCOPY src /four\nCOPY src/ /five/\nCOPY /README.md ./\nCOPY ./src/a.txt rel/\nCOPY . /all\n",
    files: site,
  },
  {
    name: "copy-workdir-and-json",
    dockerfile:
      'FROM box\nWORKDIR /a\nWORKDIR b\nCOPY ["with space.txt", "to here/"]\nCOPY src .\nCOPY src/a.txt ../up\nWORKDIR ..\nRUN pwd > pwd\n',
    files: { ...site, "with space.txt": "s" },
  },
  {
    name: "copy-owners-and-modes",
    dockerfile:
      "FROM box\nCOPY --chown=ann src /named\nCOPY --chown=1234:staff src/a.txt /numbers/x\nCOPY --chown=77 src/a.txt /77\nCOPY --chmod=640 src/a.txt /640\nCOPY --chmod=0750 src /750\nCOPY --chown=ann:staff --chmod=4755 README.md /suid\nARG MODE=600\nCOPY --chmod=$MODE --chown=${WHO:-5}:6 README.md /var600\n",
    files: site,
    baseEnv: { WHO: "" },
    newer: {
      what: "variables in --chmod",
      added: [
        "file 640 0:0 640 1:a",
        "directory 755 0:0 750",
        "file 750 0:0 750/a.txt 1:a",
        "file 750 0:0 750/b.txt 1:b",
        "directory 750 0:0 750/deep",
        "file 750 0:0 750/deep/c.txt 1:c",
        "file 644 77:77 77 1:a",
        "directory 755 1234:1234 named",
        "file 644 1234:1234 named/a.txt 1:a",
        "file 644 1234:1234 named/b.txt 1:b",
        "directory 755 1234:1234 named/deep",
        "file 644 1234:1234 named/deep/c.txt 1:c",
        "directory 755 1234:50 numbers",
        "file 644 1234:50 numbers/x 1:a",
        "file 4755 1234:50 suid 4:read",
        "file 600 5:6 var600 4:read",
      ],
    },
  },
  {
    name: "copy-owners",
    dockerfile:
      "FROM box\nCOPY --chown=ann src /named\nCOPY --chown=1234:staff src/a.txt /numbers/x\nCOPY --chown=77 src/a.txt /77\nCOPY --chmod=600 README.md /600\nCOPY --chmod=0750 src /750\nCOPY --chmod=711 src/a.txt README.md /several/\n",
    files: site,
  },
  {
    name: "copy-keeps-owner-of-stage",
    dockerfile:
      "FROM box AS a\nRUN mkdir -m 700 /d && echo x > /d/f && chmod 604 /d/f && chown -R 1234:50 /d && ln -s f /d/l\nFROM box\nCOPY --from=a /d /d\nCOPY --from=a /d/ /e/\nCOPY --from=a /d/f /f\nCOPY --from=a --chown=9 /d /g\n",
  },
  {
    name: "copy-links",
    dockerfile:
      "FROM box\nCOPY link /followed\nCOPY dir /dir\nCOPY dirlink /dirlink\nCOPY dir/* /glob/\nCOPY README.md /bin/readme\n",
    files: {
      "real.txt": "real",
      link: { link: "real.txt" },
      "dir/inner": { link: "../real.txt" },
      "dir/x": "x",
      dirlink: { link: "dir" },
      "README.md": "r",
    },
  },
  {
    name: "copy-special-modes",
    dockerfile: "FROM box\nCOPY key /key\nCOPY run.sh /run.sh\nCOPY read-only /ro\n",
    files: {
      key: { content: "k", mode: 0o600 },
      "run.sh": { content: "#!/bin/sh\n", mode: 0o755 },
      "read-only": { content: "r", mode: 0o444 },
    },
  },
  {
    name: "copy-to-tmp",
    dockerfile: "FROM box\nCOPY a /tmp/\nCOPY a /tmp/sub/\nRUN stat -c %a /tmp > /mode\n",
    files: { a: "a" },
  },
  {
    name: "copy-wildcards",
    dockerfile:
      "FROM box\nCOPY src/[ab].txt /c/\nCOPY s*/?.txt /d/\nCOPY *.md /e/\nCOPY package*.json lock.json* ./\n",
    files: { ...site, "package.json": "{}", "lock.json": "{}" },
  },
  {
    name: "copy-link",
    dockerfile: "FROM box\nCOPY --link src /opt/x/\n",
    files: site,
    newer: {
      what: "COPY --link",
      added: [
        "directory 755 0:0 opt",
        "directory 755 0:0 opt/x",
        "file 644 0:0 opt/x/a.txt 1:a",
        "file 644 0:0 opt/x/b.txt 1:b",
        "directory 755 0:0 opt/x/deep",
        "file 644 0:0 opt/x/deep/c.txt 1:c",
      ],
    },
  },
  {
    name: "copy-parents-exclude",
    dockerfile:
      "FROM box\nCOPY --parents src/deep/c.txt src/a.txt /p/\nCOPY --parents ./src/./deep/*.txt /q/\nCOPY --exclude=*.md --exclude=src/deep --exclude=Dockerfile . /x/\n",
    files: site,
    newer: {
      what: "COPY --parents and --exclude",
      added: [
        "directory 755 0:0 p",
        "directory 755 0:0 p/src",
        "file 644 0:0 p/src/a.txt 1:a",
        "directory 755 0:0 p/src/deep",
        "file 644 0:0 p/src/deep/c.txt 1:c",
        "directory 755 0:0 q",
        "directory 755 0:0 q/deep",
        "file 644 0:0 q/deep/c.txt 1:c",
        "directory 755 0:0 x",
        "directory 755 0:0 x/src",
        "file 644 0:0 x/src/a.txt 1:a",
        "file 644 0:0 x/src/b.txt 1:b",
      ],
    },
  },
  {
    name: "dockerignore",
    dockerfile: "FROM box\nCOPY . /ctx\n",
    files: {
      ...site,
      ".dockerignore": "# no docs\n*.md\n!keep.md\n**/deep\nDockerfile\n.dockerignore\n*.image.ts\n",
      "keep.md": "k",
      "other.md": "o",
    },
  },
  {
    name: "add-files-and-archives",
    dockerfile:
      "FROM box\nADD src/a.txt /added/\nADD plain.tar /un/\nADD packed.tar.gz src/b.txt /mixed/\nADD src /dir\nADD --chown=7:8 packed.tar.gz /owned/\nADD --chown=7:8 src/a.txt packed.tar.gz /owned-too/\n",
    files: {
      ...site,
      "plain.tar": { archive: { "in/x": "x" }, compressed: false },
      "packed.tar.gz": { archive: { y: "y", "d/z": "z" }, compressed: true },
    },
  },
  {
    name: "add-not-an-archive",
    dockerfile: "FROM box\nADD fake.tar /\nADD note.txt /n\n",
    files: { "fake.tar": "no archive", "note.txt": "n" },
  },
  {
    name: "commands",
    dockerfile:
      'FROM box\nCMD echo "$HOME" && true\nENTRYPOINT ["/bin/sh", "-c", "exec \\"$@\\"", "--"]\nCMD ["a", "b c", "$HOME"]\n',
  },
  {
    name: "shell-commands",
    dockerfile:
      'FROM box\nSHELL ["/bin/busybox", "sh", "-c"]\nRUN echo hi > /hi\nENTRYPOINT echo $0\nCMD echo "x"\n',
  },
  {
    name: "entrypoint-drops-cmd",
    dockerfile: 'FROM box AS b\nCMD ["from base"]\nFROM b\nENTRYPOINT ["e"]\n',
  },
  { name: "entrypoint-keeps-cmd", dockerfile: 'FROM box\nCMD ["c"]\nENTRYPOINT ["e"]\n' },
  {
    name: "users",
    dockerfile:
      "FROM box\nUSER ann\nRUN id -un > /tmp/who && touch /tmp/mine\nWORKDIR /home/ann/app\nUSER 1234:50\nARG U=root\nUSER $U\nRUN stat -c '%u %g' /home/ann/app > /owner\n",
  },
  {
    name: "labels",
    dockerfile:
      'FROM box\nLABEL a="b c" com.example.multi="line \\\ncontinued"\nLABEL old value with spaces\nLABEL q="a \\"quoted\\" b" e=\'$NOT\'\nARG V=1\nLABEL v=$V v2="${V}.0"\n',
  },
  {
    name: "ports-and-volumes",
    dockerfile:
      'FROM box\nARG P=9000\nEXPOSE 80 443/tcp 53/udp\nEXPOSE $P ${P}/udp 8000-8002\nVOLUME /data /var/log\nVOLUME ["/with space"]\nENV V=/v\nVOLUME $V/x\n',
  },
  { name: "stop-signals", dockerfile: "FROM box\nSTOPSIGNAL SIGQUIT\n" },
  { name: "stop-signal-number", dockerfile: "FROM box\nARG S=9\nSTOPSIGNAL $S\n" },
  {
    name: "healthcheck",
    dockerfile:
      "FROM box\nHEALTHCHECK --interval=30s --timeout=1m30s --start-period=5s --retries=3 CMD test -f /ok || exit 1\n",
  },
  { name: "healthcheck-exec", dockerfile: 'FROM box\nHEALTHCHECK CMD ["/bin/true", "a"]\n' },
  { name: "healthcheck-none", dockerfile: "FROM box\nHEALTHCHECK CMD true\nHEALTHCHECK NONE\n" },
  {
    name: "healthcheck-start-interval",
    dockerfile: "FROM box\nHEALTHCHECK --start-interval=2s CMD true\n",
    newer: {
      what: "HEALTHCHECK --start-interval",
      added: [],
      config: { Healthcheck: { Test: ["CMD-SHELL", "true"], StartInterval: 2_000_000_000 } },
    },
  },
  {
    name: "onbuild",
    dockerfile: 'FROM box\nONBUILD COPY a /a\nONBUILD RUN echo $HOME > /h\nONBUILD CMD ["x"]\n',
  },
  {
    name: "onbuild-of-stage",
    dockerfile: "FROM box AS b\nONBUILD RUN echo triggered > /t\nFROM b\nRUN cat /t > /u\n",
  },
  {
    name: "maintainer",
    dockerfile: "FROM box\nMAINTAINER Ann <ann@example.com>\n",
    differs: { config: ["Labels"] },
  },
  {
    name: "escape-directive",
    dockerfile:
      '# escape=`\nFROM box\nRUN echo one `\n  && echo two > /two\nENV A=a`\nb B="q`"r" C=x\\y D=`$A\nLABEL l=a` b\n',
  },
  {
    name: "directives",
    dockerfile:
      "# syntax=docker/dockerfile:1\n# escape=\\\n# a comment that is no directive\nFROM box\nRUN true\n",
    newer: { what: "a frontend image cannot be had", added: [] },
  },
  {
    name: "heredoc-run",
    dockerfile:
      "FROM box\nRUN <<EOF\nset -e\necho \"one\" > /one\n  echo ${HOME:-none} > /two\nEOF\nRUN <<-'END' cat > /three\n\tliteral $X\n\t\ttwice\n\tEND\nRUN <<EOF\n#!/bin/busybox sh\necho script > /four\nEOF\nRUN cat <<A > /five && cat <<B > /six\nfive $((1+1))\nA\nsix\nB\n",
    newer: {
      what: "here-documents",
      added: [
        "file 644 0:0 five 7:five 2\n",
        "file 644 0:0 four 7:script\n",
        "file 644 0:0 one 4:one\n",
        "file 644 0:0 six 4:six\n",
        "file 644 0:0 three 17:literal $X\ntwice\n",
        "file 644 0:0 two 6:/root\n",
      ],
    },
  },
  {
    name: "heredoc-copy",
    dockerfile:
      "FROM box\nARG NAME=world\nCOPY <<EOF /greeting\nhello ${NAME}\ncost \\$5 \"quoted\"\nEOF\nCOPY --chmod=755 --chown=ann <<'one.sh' <<two.txt /files/\n#!/bin/sh\necho $NAME\none.sh\n  two\ntwo.txt\nCOPY <<-x.conf /etc/\n\ttabbed\nx.conf\n",
    newer: {
      what: "here-documents",
      added: [
        "file 644 0:0 etc/x.conf 7:tabbed\n",
        "directory 755 1234:1234 files",
        "file 755 1234:1234 files/one.sh 21:#!/bin/sh\necho $NAME\n",
        "file 755 1234:1234 files/two.txt 6:  two\n",
        'file 644 0:0 greeting 29:hello world\ncost $5 "quoted"\n',
      ],
    },
  },
  {
    name: "expansion-patterns",
    dockerfile:
      "FROM box\nENV F=archive.tar.gz V=v1.2.3\nENV A=${F%.*} B=${F%%.*} C=${F#*.} D=${F##*.} E=${V#v} G=${V/./-} H=${V//./-} I=${X-unset} J=${F+set} K=${F:?needed}\nARG P=v9.8.7\nLABEL a=${P#v} b=${P%.*} c=${P%%.*} d=${P##*.} e=${P//./_} f=${P:-x} g=${P+y} h=${P:?message}\n",
    baseEnv: { X: "" },
    newer: {
      what: "patterns in variables",
      added: [],
      config: {
        Labels: { a: "9.8.7", b: "v9.8", c: "v9", d: "7", e: "v9_8_7", f: "v9.8.7", g: "y", h: "v9.8.7" },
        Env: [
          "PATH=/usr/bin",
          "BASE=from base",
          "F=archive.tar.gz",
          "V=v1.2.3",
          "A=archive.tar",
          "B=archive",
          "C=tar.gz",
          "D=gz",
          "E=1.2.3",
          "G=v1-2.3",
          "H=v1-2-3",
          "I=",
          "J=set",
          "K=archive.tar.gz",
        ],
      },
    },
  },
  { name: "workdir-owner", dockerfile: "FROM box\nUSER 1234:50\nWORKDIR /made/by/ann\n" },
  { name: "windows-lines", dockerfile: "FROM box\r\nRUN echo a \\\r\n && echo b > /b\r\nENV A=1\r\n" },
  {
    name: "crossing-copies",
    dockerfile:
      "FROM box AS a\nCOPY x /x\nFROM box AS b\nCOPY y /y\nFROM box\nCOPY --from=a /x /\nCOPY --from=b /y /\nCOPY x y /both/\n",
    files: { x: "1", y: "2" },
  },
];
