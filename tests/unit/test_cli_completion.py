"""What shells read to complete: made from the command line, and understood by the shells."""

import shutil
import subprocess

import pytest

from triage_tui.cli.completion import SHELLS, script
from triage_tui.cli.parser import COMMANDS, build

CHECK = {"bash": ["bash", "-n"], "zsh": ["zsh", "-n"], "fish": ["fish", "--no-execute"]}


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_and_option_is_in_it(shell: str) -> None:
    text = script(build(), shell)
    assert [m for m in COMMANDS if m.__name__.rpartition(".")[2] not in text] == []
    assert "slow-link" in text
    if shutil.which(shell):
        done = subprocess.run(CHECK[shell], input=text, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_bash_completes(tmp_path: object) -> None:
    if not shutil.which("bash"):
        pytest.skip("needs bash")
    asks = (
        "COMP_WORDS=(triage-tui re); COMP_CWORD=1; "
        "complete -p triage-tui | sed 's/.*-F //; s/ .*//' >/dev/null; "
        "$(complete -p triage-tui | sed 's/.*-F //; s/ .*//'); printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    done = subprocess.run(
        ["bash", "-c", script(build(), "bash") + asks], capture_output=True, text=True
    )
    assert {"replay", "report"} <= set(done.stdout.split()), done.stderr
