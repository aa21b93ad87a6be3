"""`chatmusician completion`: completion scripts, made from the parsers themselves."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from chatmusician.cli.commands import BY_NAME, COMMANDS
from chatmusician.cli.parser import PROGRAM, build_parser, describe


@dataclass(frozen=True)
class Option:
    names: tuple[str, ...]
    help: str
    choices: tuple[str, ...]
    takes_value: bool

    @property
    def positional(self) -> bool:
        return not self.names


@dataclass(frozen=True)
class Words:
    """What can be typed after `chatmusician` (name None) or after one of its commands."""

    name: str | None
    help: str
    options: tuple[Option, ...]


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "Print a completion script for a shell.",
        f'eval "$({PROGRAM} completion bash)"     # in ~/.bashrc',
        f'eval "$({PROGRAM} completion zsh)"      # in ~/.zshrc, after compinit',
        f"{PROGRAM} completion fish | source      # in ~/.config/fish/config.fish",
    )
    parser.add_argument("shell", choices=tuple(SHELLS), help="the shell to complete in")


def run(args: argparse.Namespace) -> int:
    print(SHELLS[args.shell](_all_words()), end="")
    return 0


def _all_words() -> list[Words]:
    parser = build_parser(BY_NAME)
    words = [Words(None, "", _options(parser))]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in COMMANDS:
                options = _options(action.choices[command.name])
                words.append(Words(command.name, command.help, options))
    return words


def _options(parser: argparse.ArgumentParser) -> tuple[Option, ...]:
    return tuple(
        Option(
            tuple(action.option_strings),
            (action.help or "").split(" (default", 1)[0],
            tuple(action.choices or ()),
            action.nargs != 0,
        )
        for action in parser._actions
        if not isinstance(action, argparse._SubParsersAction)
    )


def _bash(all_words: list[Words]) -> str:
    cases = "".join(_bash_case(words) for words in all_words if words.name)
    commands = " ".join(command.name for command in COMMANDS)
    flags = " ".join(name for option in all_words[0].options for name in option.names)
    return f"""_{PROGRAM}() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}}
    local command= word
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case $word in -*) ;; *) command=$word; break ;; esac
    done
    COMPREPLY=()
    case $command in
{cases}    *) COMPREPLY=($(compgen -W "{commands} {flags}" -- "$current")) ;;
    esac
}}
complete -o bashdefault -o default -F _{PROGRAM} {PROGRAM}
"""


def _bash_case(words: Words) -> str:
    flags = " ".join(name for option in words.options for name in option.names)
    values = "".join(
        f"        {'|'.join(option.names)})"
        f' COMPREPLY=($(compgen -W "{" ".join(option.choices)}" -- "$current")); return ;;\n'
        for option in words.options
        if option.names and option.choices
    )
    chosen = f"        case $previous in\n{values}        esac\n" if values else ""
    plain = " ".join(c for option in words.options if option.positional for c in option.choices)
    return f"""    {words.name})
{chosen}        case $current in
        -*) COMPREPLY=($(compgen -W "{flags}" -- "$current")) ;;
        *) COMPREPLY=($(compgen -W "{plain}" -- "$current")) ;;
        esac ;;
"""


def _zsh(all_words: list[Words]) -> str:
    commands = "\n".join(
        f"        {_quoted(f'{command.name}:{command.help}')}" for command in COMMANDS
    )
    cases = "".join(
        f"    {words.name}) _arguments {_zsh_specs(words)} ;;\n"
        for words in all_words
        if words.name
    )
    return f"""#compdef {PROGRAM}
_{PROGRAM}() {{
    local -a commands
    commands=(
{commands}
    )
    local line state
    _arguments -C {_zsh_specs(all_words[0])} '1: :->command' '*:: :->rest'
    case $state in
    command) _describe command commands; return ;;
    esac
    case $line[1] in
{cases}    esac
}}
if [ "$funcstack[1]" = "_{PROGRAM}" ]; then
    _{PROGRAM} "$@"
else
    compdef _{PROGRAM} {PROGRAM}
fi
"""


def _zsh_specs(words: Words) -> str:
    specs = []
    for option in words.options:
        action = f"({' '.join(option.choices)})" if option.choices else "_files"
        if option.positional:
            specs.append(_quoted(f"*: :{action}"))
        for name in option.names:
            value = f": :{action}" if option.takes_value else ""
            specs.append(_quoted(f"{name}[{_zsh_text(option.help)}]{value}"))
    return " ".join(specs)


def _zsh_text(text: str) -> str:
    return text.replace("[", r"\[").replace("]", r"\]").replace(":", r"\:")


def _fish(all_words: list[Words]) -> str:
    names = " ".join(command.name for command in COMMANDS)
    lines = []
    for words in all_words:
        if words.name is None:
            condition = f"not __fish_seen_subcommand_from {names}"
        else:
            lines.append(
                f"complete -c {PROGRAM} -f -n 'not __fish_seen_subcommand_from {names}'"
                f" -a {words.name} -d {_quoted(words.help)}"
            )
            condition = f"__fish_seen_subcommand_from {words.name}"
        lines += [_fish_line(option, condition) for option in words.options]
    return "\n".join(line for line in lines if line) + "\n"


def _fish_line(option: Option, condition: str) -> str:
    parts = [f"complete -c {PROGRAM} -n {_quoted(condition)}"]
    for name in option.names:
        parts.append(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}")
    if option.takes_value and option.names:
        parts.append("-x" if option.choices else "-r")
    if option.choices:
        parts.append(f"-a {_quoted(' '.join(option.choices))}")
    if option.positional and not option.choices:
        return ""
    return " ".join([*parts, f"-d {_quoted(option.help)}"])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


SHELLS = {"bash": _bash, "zsh": _zsh, "fish": _fish}
