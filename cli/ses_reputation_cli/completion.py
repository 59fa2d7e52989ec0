"""`ses-reputation completion`: what makes a shell complete this command."""

import click
from click.shell_completion import get_completion_class

_EXAMPLES = """\b
Examples:
  ses-reputation completion bash > ~/.local/share/bash-completion/completions/ses-reputation
  ses-reputation completion zsh > ~/.zfunc/_ses-reputation
  ses-reputation completion fish > ~/.config/fish/completions/ses-reputation.fish
"""

_NAME = "ses-reputation"
_VARIABLE = "_SES_REPUTATION_COMPLETE"


@click.command(epilog=_EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script that makes a SHELL complete commands, options, categories, decisions and kinds of scope. Save it
    where the shell looks for such scripts, or source it.
    """
    script = get_completion_class(shell)
    if script is None:
        raise click.ClickException(f"click knows no completion for {shell}")
    root = click.get_current_context().find_root().command
    # The source itself needs no version of bash to be looked up, as click's own command for it does.
    completion = script(root, {}, _NAME, _VARIABLE)
    click.echo(completion.source_template % completion.source_vars(), nl=False)
