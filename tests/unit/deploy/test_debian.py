"""Programs of Debian packages: the errors when one is unavailable; these tests download nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from deploy.local import debian


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(debian, "_installed", lambda _package: False)
    return tmp_path


def test_the_cache_is_found_without_a_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert debian.cache_folder() == tmp_path / "cache" / "dimona"


def test_the_error_of_a_read_only_cache_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(debian.Unavailable, match="XDG_CACHE_HOME"):
        debian.cache_folder()


@pytest.mark.usefixtures("cache")
def test_a_machine_without_apt_has_its_own_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(debian.Unavailable, match="apt-get"):
        debian.tree("rabbitmq-server", "/usr/lib/rabbitmq/bin/rabbitmq-server")


def test_the_error_of_a_failed_download_names_the_command(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An apt that always fails stands before the real one on PATH.
    for tool in ("apt-get", "apt-cache"):
        script = cache / tool
        script.write_text("#!/bin/sh\necho 'E: no mirror' >&2\nexit 100\n")
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{cache}:/usr/bin:/bin")
    with pytest.raises(debian.Unavailable, match=r"(?s)no mirror.*apt-get install -y .* rabbitmq-server"):
        debian.tree("rabbitmq-server", "/usr/lib/rabbitmq/bin/rabbitmq-server")
    assert not list(cache.glob("dimona/debian/*/rabbitmq-server*"))


def test_the_error_of_a_damaged_package_names_the_command(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A download that dpkg cannot unpack leaves nothing in the cache."""
    script = cache / "apt-get"
    script.write_text("#!/bin/sh\necho damaged > rabbitmq-server.deb\n")
    script.chmod(0o755)
    (cache / "apt-cache").symlink_to("/bin/true")
    monkeypatch.setenv("PATH", f"{cache}:/usr/bin:/bin")
    with pytest.raises(debian.Unavailable, match=r"(?s)rabbitmq-server\.deb.*apt-get install -y"):
        debian.tree("rabbitmq-server", "/usr/lib/rabbitmq/bin/rabbitmq-server")
    assert not list(cache.glob("dimona/debian/*/rabbitmq-server*"))


def test_erlang_gets_its_unpacked_location(tmp_path: Path) -> None:
    folder = tmp_path / "usr" / "lib" / "erlang" / "bin"
    folder.mkdir(parents=True)
    (folder / "erl").write_text("#!/bin/sh\nROOTDIR=/usr/lib/erlang\n")
    (folder / "beam").write_bytes(b"\x7fELF=/usr/lib/erlang")
    debian._relocate(tmp_path, Path("/somewhere"))
    assert (folder / "erl").read_text() == "#!/bin/sh\nROOTDIR=/somewhere/usr/lib/erlang\n"
    assert (folder / "beam").read_bytes() == b"\x7fELF=/usr/lib/erlang"


@pytest.mark.parametrize("release", ["promtool in prometheus", "promtool alone"])
def test_promtool_is_found_in_either_package(
    release: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian 13 split promtool from the package prometheus."""

    def fetch(package: str, root: Path) -> None:
        """Unpack the packages of the mirror of this release."""
        programs = {"prometheus": ["prometheus", "promtool"]}
        if release == "promtool alone":
            programs = {"prometheus": ["prometheus"], "promtool": ["promtool"]}
        for program in programs[package]:
            file = root / "usr" / "bin" / program
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(debian, "_installed", lambda _package: False)
    monkeypatch.setattr(debian, "_fetch", fetch)
    package = "promtool" if release == "promtool alone" else "prometheus"
    found = debian.promtool()
    assert found.exists()
    assert found.relative_to(found.parents[2]) == Path("usr/bin/promtool")
    assert found.parents[2].name == package
