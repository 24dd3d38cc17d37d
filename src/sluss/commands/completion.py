"""`sluss completion`: a script that completes commands in a shell. In: the shell's name. Out: its script."""

from __future__ import annotations

import argparse

from sluss.commands.families import FAMILIES
from sluss.commands.outcome import OK
from sluss.commands.terminal import Terminal

WITHIN = {
    "agent": ("add", "list", "reset", "reset-factors", "disable", "enable", "withdraw", "passwords"),
    "answers": ("export", "import"),
    "inbox": ("add", "list", "test", "snippet", "pause", "resume"),
    "outbox": ("show", "hold", "release"),
    "completion": ("bash", "zsh", "fish"),
}


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what `completion` takes."""
    parser.description = 'Print a completion script: eval "$(sluss completion bash)", or put it where your shell looks.'
    parser.add_argument("shell", choices=WITHIN["completion"])


def run(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Print the script."""
    terminal.tell({"bash": _bash, "zsh": _zsh, "fish": _fish}[asked.shell]())
    return OK


def _bash() -> str:
    first = " ".join((*FAMILIES, "version"))
    cases = "\n".join(f'    {name}) COMPREPLY=($(compgen -W "{" ".join(words)}" -- "$word")) ;;' for name, words in WITHIN.items())
    return f"""_sluss() {{
  local word=${{COMP_WORDS[COMP_CWORD]}}
  if [ "$COMP_CWORD" = 1 ]; then COMPREPLY=($(compgen -W "{first}" -- "$word")); return; fi
  case ${{COMP_WORDS[1]}} in
{cases}
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}}
complete -F _sluss sluss"""


def _zsh() -> str:
    return f"autoload -U +X bashcompinit && bashcompinit\n{_bash()}"


def _fish() -> str:
    lines = [f'complete -c sluss -n __fish_use_subcommand -f -a "{" ".join((*FAMILIES, "version"))}"']
    lines += [f'complete -c sluss -n "__fish_seen_subcommand_from {name}" -f -a "{" ".join(words)}"' for name, words in WITHIN.items()]
    return "\n".join(lines)
