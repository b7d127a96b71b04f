"""`scar --install-completion`: the script that completes the command, where the shell looks."""

from __future__ import annotations

import os
from pathlib import Path

import click

from scar_constructs.errors import UserError, file_faults_told
from scar_constructs.terminal import say

_SHELLS = {
    "bash": ("XDG_DATA_HOME", ".local/share", "bash-completion/completions/scar"),
    "zsh": ("ZDOTDIR", "", ".zfunc/_scar"),
    "fish": ("XDG_CONFIG_HOME", ".config", "fish/completions/scar.fish"),
}
"""Shell -> the variable with the base folder, its default under the home folder, and the file."""
_ZSH_HINT = (
    "; to be found there, .zshrc needs: fpath=(~/.zfunc $fpath); autoload -U compinit; compinit"
)


def install_completion(ctx: click.Context, _: click.Parameter, is_asked: bool) -> None:
    """Write the script for the shell in SHELL, say where, and exit. Raises `UserError`."""
    if not is_asked or ctx.resilient_parsing:
        return
    shell = Path(os.environ.get("SHELL", "")).name
    if shell not in _SHELLS:
        raise UserError(f"SHELL names none of {', '.join(_SHELLS)}, for which there is completion")
    # Imported when asked for: no other command needs it.
    from click.shell_completion import get_completion_class

    variable, default, name = _SHELLS[shell]
    target = Path(os.environ.get(variable) or Path.home() / default) / name
    maker = get_completion_class(shell)
    if maker is None:
        raise UserError(f"there is no completion for {shell}")
    script = maker(ctx.command, {}, "scar", "_SCAR_COMPLETE").source()
    with file_faults_told():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"{script}\n", encoding="utf-8")
    say(f"completion for {shell} is in {target}{_ZSH_HINT if shell == 'zsh' else ''}")
    ctx.exit()
