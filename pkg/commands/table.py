"""Every command and option of ``dx-py pip``: parsing, help and the reference come from here."""

from __future__ import annotations

from dx_py.pkg.commands.options import Command, Kind, Option
from dx_py.pkg.install.link_modes import LINK_MODES

_FLAG, _COUNT, _VALUE, _LIST = Kind.FLAG, Kind.COUNT, Kind.VALUE, Kind.LIST

GENERAL = (
    Option(("-h", "--help"), _FLAG, "Show this help."),
    Option(("-v", "--verbose"), _COUNT, "Say more; can be given several times."),
    Option(("-q", "--quiet"), _COUNT, "Say less; can be given several times."),
    Option(("--isolated",), _FLAG, "Ignore PIP_* variables and configuration files."),
    Option(("--json",), _FLAG, "Print one JSON document instead of text."),
    Option(("--no-input",), _FLAG, "Never ask; DX-Py does not in any case."),
    Option(("--no-color",), _FLAG, "Plain text; DX-Py colours nothing."),
    Option(("--disable-pip-version-check",), _FLAG, "Accepted; there is nothing to check."),
    Option(("--no-cache-dir",), _FLAG, "Ask indexes again instead of using kept pages."),
    Option(("--cache-dir",), _VALUE, "The store's folder (also $DX_CACHE_DIR).", "DIR"),
    Option(("--require-virtualenv", "--require-venv"), _FLAG,
           "Accepted; only --system and --python lead out of environments."),
    Option(("--exists-action",), _LIST, "Accepted; nothing is asked.", "ACTION"),
    Option(("--log", "--log-file"), _VALUE, "Accepted; each build has a log in the store.",
           "PATH"),
    Option(("--debug",), _FLAG, "Accepted for pip's sake."),
    Option(("--no-python-version-warning",), _FLAG, "Accepted for pip's sake."),
)  # fmt: skip

ENVIRONMENT = (
    Option(
        ("-p", "--python"), _VALUE,
        "The interpreter or environment to work on: a path, a folder or a version.", "PYTHON",
    ),
    Option(("--system",), _FLAG, "Work on the python of PATH, not on an environment."),
    Option(("--break-system-packages",), _FLAG, "Change even what the system manages."),
)  # fmt: skip

#: How to reach a server. pip has them on every command, with a use for them or without.
CONNECTION = (
    Option(("--proxy",), _VALUE, "scheme://[user:password@]host:port", "URL"),
    Option(("--retries",), _VALUE, "Attempts after the first.", "N", default="5"),
    Option(("--resume-retries",), _VALUE, "Accepted; a download goes on where it broke.", "N"),
    Option(("--timeout", "--default-timeout"), _VALUE, "Patience with a server.", "SECONDS",
           default="15"),
    Option(("--trusted-host",), _LIST, "Do not verify this host's certificate.", "HOST"),
    Option(("--cert",), _VALUE, "The certificate authorities to trust (PEM).", "PATH"),
    Option(("--client-cert",), _VALUE, "A client certificate with its key (PEM).", "PATH"),
    Option(("--keyring-provider",), _VALUE, "Where else to look for passwords.", "PROVIDER",
           ("auto", "disabled", "import", "subprocess"), "auto"),
    Option(("--use-feature",), _LIST, "Accepted for pip's sake.", "FEATURE"),
    Option(("--use-deprecated",), _LIST, "Accepted for pip's sake.", "FEATURE"),
)  # fmt: skip

NETWORK = (
    Option(("-i", "--index-url"), _VALUE, "The index (PEP 503).", "URL",
           default="https://pypi.org/simple"),
    Option(("--extra-index-url",), _LIST,
           "Another index; asked before --index-url. NAME=URL names it.", "URL"),
    Option(("--no-index",), _FLAG, "Use --find-links only."),
    Option(("-f", "--find-links"), _LIST, "A folder or page with distributions.", "LOCATION"),
    Option(("--index-strategy",), _VALUE,
           "first-index: the first index that knows a name answers for it; "
           "unsafe-best-match: the best of all, as pip does.", "STRATEGY",
           ("first-index", "unsafe-best-match"), "first-index"),
    Option(("--index-max-age",), _VALUE,
           "Trust kept pages for so long, whatever the server says.", "SECONDS"),
    Option(("--exclude-newer", "--uploaded-prior-to"), _VALUE,
           "Ignore files uploaded after this; P7D is seven days ago.", "DATE"),
    Option(("--offline",), _FLAG, "Use only what was fetched before."),
    Option(("--refresh",), _FLAG, "Ask indexes again instead of using kept pages."),
    Option(("--refresh-package",), _LIST, "The same, whichever is named.", "NAME"),
    Option(("--progress-bar",), _VALUE, "Accepted; progress is shown on a terminal.", "KIND"),
    *CONNECTION,
)  # fmt: skip

REQUIREMENTS = (
    Option(("-r", "--requirement"), _LIST, "Requirements from a file.", "FILE"),
    Option(("-c", "--constraint"), _LIST, "Constraints from a file.", "FILE"),
    Option(("--build-constraint", "--build-constraints"), _LIST,
           "Constraints for what builds need, from a file.", "FILE"),
    Option(("--override",), _LIST, "Requirements that replace what metadata says.", "FILE"),
    Option(("-e", "--editable"), _LIST, "A source folder, in development mode.", "PATH"),
    Option(("--group",), _LIST, "A dependency group of pyproject.toml.", "[PATH:]GROUP"),
    Option(("--no-deps", "--no-dependencies"), _FLAG, "Only what is named."),
    Option(("--pre",), _FLAG, "Pre-releases count as any other version."),
    Option(("--no-binary",), _LIST, "Do not use wheels of these (:all:, :none:).", "NAMES"),
    Option(("--only-binary",), _LIST, "Do not build these (:all:, :none:).", "NAMES"),
    Option(("--no-build",), _FLAG, "Build nothing."),
    Option(("--prefer-binary",), _FLAG, "A version with a wheel before a newer without."),
    Option(("--require-hashes",), _FLAG, "Every requirement must have a hash."),
    Option(("--no-require-hashes",), _FLAG, "A hash of one demands none of the others."),
    Option(("--no-clean",), _FLAG, "Accepted; a failed build leaves its log."),
    Option(("--no-build-isolation",), _FLAG, "Build with what the environment has."),
    Option(("--use-pep517",), _FLAG, "Accepted; every build uses PEP 517."),
    Option(("--check-build-dependencies",), _FLAG, "Accepted for pip's sake."),
    Option(("-C", "--config-settings"), _LIST, "Settings for build back ends.", "KEY=VALUE"),
    Option(("--resolver",), _VALUE, "pubgrub, or resolvelib's own to compare.", "NAME",
           ("pubgrub", "resolvelib"), "pubgrub"),
    Option(("--resolution",), _VALUE,
           "highest, or lowest versions that will do; lowest-direct: of what is named.", "HOW",
           ("highest", "lowest", "lowest-direct"), "highest"),
    Option(("--ignore-requires-python",), _FLAG, "Do not look at requires-python."),
    Option(("--python-version",), _VALUE, "As if the interpreter were of this version.",
           "VERSION"),
    Option(("--platform",), _LIST, "As if on this platform.", "PLATFORM"),
    Option(("--implementation",), _VALUE, "Accepted; only cp is imitated.", "NAME"),
    Option(("--abi",), _LIST, "As if the interpreter had this ABI.", "ABI"),
    Option(("--src",), _VALUE, "Where editable VCS checkouts go.", "DIR"),
)  # fmt: skip

_SCRIPT = Option(
    ("--requirements-from-script",), _LIST, "What a script says it needs (PEP 723).", "FILE"
)

INSTALLING = (
    Option(("-U", "--upgrade"), _FLAG, "The newest of what is named, even if some is there."),
    Option(("--upgrade-strategy",), _VALUE, "What else is made newest.", "STRATEGY",
           ("only-if-needed", "eager"), "only-if-needed"),
    Option(("--force-reinstall",), _FLAG, "Install again what is there already."),
    Option(("-I", "--ignore-installed"), _FLAG, "As if nothing were installed."),
    Option(("-t", "--target"), _VALUE, "Install into this folder.", "DIR"),
    Option(("--prefix",), _VALUE, "Install below this prefix.", "DIR"),
    Option(("--dry-run",), _FLAG, "Say what would be done."),
    Option(("--report",), _VALUE, "Write pip's JSON report to FILE ('-' is standard output).",
           "FILE"),
    Option(("--link-mode",), _VALUE, "How files get there.", "MODE", LINK_MODES, "auto"),
    Option(("--compile",), _FLAG, "Compile modules to bytecode."),
    Option(("--no-compile",), _FLAG, "Do not; this is the default."),
    Option(("--user",), _FLAG, "Not supported: environments are cheap."),
    Option(("--root-user-action",), _VALUE, "Accepted for pip's sake.", "ACTION"),
    Option(("--no-warn-script-location",), _FLAG, "Accepted; there is no such warning."),
    Option(("--no-warn-conflicts",), _FLAG, "Do not check the environment afterwards."),
    Option(("--engine",), _VALUE, "ninja: fetch and build side by side, as edges of a graph.",
           "ENGINE", ("process", "ninja"), "process"),
    Option(("--emit-ninja",), _VALUE, "Write that graph to FILE, too.", "FILE"),
)  # fmt: skip

FREEZING = (
    Option(("--exclude",), _LIST, "Leave this one out.", "NAME"),
    Option(("-l", "--local"), _FLAG, "Not what the environment inherits."),
    Option(("--path",), _LIST, "Look in this folder instead.", "DIR"),
    Option(("--exclude-editable",), _FLAG, "Leave editable ones out."),
    Option(("--include-editable",), _FLAG, "Accepted; that is the default."),
)

COMMANDS: tuple[Command, ...] = (
    Command("install", "Install packages.", "install:install",
            (*REQUIREMENTS, _SCRIPT, *INSTALLING, *ENVIRONMENT, *NETWORK), "REQUIREMENT..."),
    Command("uninstall", "Uninstall packages.", "uninstall:uninstall", (
        Option(("-y", "--yes"), _FLAG, "Accepted; 'dx-py pip undo' takes it back."),
        Option(("--root-user-action",), _VALUE, "Accepted for pip's sake.", "ACTION"),
        Option(("-r", "--requirement"), _LIST, "Names from a file.", "FILE"),
        *ENVIRONMENT), "NAME..."),
    Command("undo", "Take back the last change to the environment.", "uninstall:undo",
            ENVIRONMENT),
    Command("freeze", "Print what is installed as requirements.", "listing:freeze", (
        Option(("-r", "--requirement"), _LIST, "Keep this file's order.", "FILE"),
        Option(("--all",), _FLAG, "pip and setuptools too."),
        *FREEZING, *ENVIRONMENT)),
    Command("list", "List installed packages.", "listing:list_packages", (
        Option(("-o", "--outdated"), _FLAG, "Only those with a newer version."),
        Option(("-u", "--uptodate"), _FLAG, "Only those without a newer version."),
        Option(("-e", "--editable"), _FLAG, "Only editable ones."),
        Option(("--not-required",), _FLAG, "Only those that no other needs."),
        Option(("--pre",), _FLAG, "Pre-releases count as newer."),
        Option(("--format",), _VALUE, "How to print.", "FORMAT",
               ("columns", "freeze", "json"), "columns"),
        *FREEZING, *ENVIRONMENT, *NETWORK)),
    Command("show", "Show installed packages.", "listing:show", (
        Option(("-f", "--files"), _FLAG, "Their files, too."), *ENVIRONMENT), "NAME..."),
    Command("compile", "Resolve requirements to pins.", "compile:compile_requirements", (
        Option(("-o", "--output-file"), _VALUE, "Write here; its pins stay if they can.",
               "FILE"),
        Option(("-U", "--upgrade"), _FLAG, "Do not look at the output file's pins."),
        Option(("-P", "--upgrade-package"), _LIST, "Nor at this one's.", "NAME"),
        Option(("--extra",), _LIST, "With this extra of pyproject.toml.", "NAME"),
        Option(("--generate-hashes",), _FLAG, "With the hashes of every file."),
        Option(("--universal",), _FLAG,
               "For every platform, from --python-version on: pins with markers."),
        Option(("--refresh-result",), _FLAG, "Resolve again, even if nothing changed."),
        Option(("--no-annotate",), _FLAG, "Without who needs what."),
        Option(("--no-header",), _FLAG, "Without the first lines."),
        Option(("--strip-extras",), _FLAG, "Names without extras."),
        Option(("--emit-index-url",), _FLAG, "With a line that names the index."),
        *REQUIREMENTS[1:], *ENVIRONMENT, *NETWORK), "FILE..."),
    Command("sync", "Make an environment what files of pins say.", "sync:sync", (
        *REQUIREMENTS[1:], *INSTALLING, *ENVIRONMENT, *NETWORK), "FILE..."),
    Command("download", "Save distributions and what they need.", "fetching:download", (
        Option(("-d", "--dest"), _VALUE, "Where to.", "DIR", default="."),
        *REQUIREMENTS, _SCRIPT, *ENVIRONMENT, *NETWORK), "REQUIREMENT..."),
    Command("wheel", "Save wheels, building them where needed.", "fetching:wheel", (
        Option(("-w", "--wheel-dir"), _VALUE, "Where to.", "DIR", default="."),
        *REQUIREMENTS, _SCRIPT, *ENVIRONMENT, *NETWORK), "REQUIREMENT..."),
    Command("hash", "Print the hashes of files.", "fetching:hash_files", (
        Option(("-a", "--algorithm"), _VALUE, "Which.", "NAME",
               ("sha256", "sha384", "sha512"), "sha256"),), "FILE..."),
    Command("tree", "Show installed packages as a tree of needs.", "relations:tree", (
        Option(("--invert", "--reverse"), _FLAG, "Who needs it, instead."),
        Option(("--package",), _LIST, "Begin with this one.", "NAME"), *ENVIRONMENT)),
    Command("why", "Say what needs an installed package.", "relations:why", ENVIRONMENT,
            "NAME..."),
    Command("why-not", "Say what speaks against a requirement.", "relations:why_not",
            (*REQUIREMENTS, *ENVIRONMENT, *NETWORK), "REQUIREMENT..."),
    Command("index", "Ask an index: 'index versions NAME'.", "about:index",
            (*REQUIREMENTS, *ENVIRONMENT, *NETWORK), "versions NAME"),
    Command("inspect", "Describe an environment as JSON.", "about:inspect", (
        Option(("-l", "--local"), _FLAG, "Not what the environment inherits."),
        *ENVIRONMENT)),
    Command("cache", "Look after kept pages and wheels.", "about:cache", (),
            "dir|info|list|remove|purge"),
    Command("config", "Show and change pip's configuration.", "about:config", (
        Option(("--user",), _FLAG, "Accepted; the user's file is the one that is written."),
        Option(("--global",), _FLAG, "Accepted for pip's sake."),
        Option(("--site",), _FLAG, "Accepted for pip's sake.")),
            "list|get|set|unset|debug"),
    Command("debug", "Say what would be worked on, and with which tags.", "about:debug",
            ENVIRONMENT),
    Command("check", "Check that requirements of what is installed are met.",
            "listing:check", ENVIRONMENT),
)  # fmt: skip


def find(word: str) -> Command | None:
    return next((command for command in COMMANDS if command.word == word), None)
