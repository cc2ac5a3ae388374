"""pytest: a fixture whose value is the folder of a mount that is made for the test. See thermo_test.py."""
import subprocess

import pytest


@pytest.fixture
def lunatik(tmp_path, request):
    scripts = [word for name in getattr(request, "param", ["thermo"]) for word in ("--run", name)]
    command = ["lunatik", "mount", "--until-eof", str(tmp_path / "mnt"), "--scripts", "drivers", *scripts]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout.readline().startswith(b"lunatik: mounted on "), "the server says why on standard error"
        yield tmp_path / "mnt"
        server.stdin.close()
