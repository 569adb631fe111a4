from pathlib import Path

import pytest

from edgenode import health


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_a_raspberry_pi_has_all_figures(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "run/systemd/timesync/synchronized": "",
            "sys/class/thermal/thermal_zone0/type": "gpu-thermal\n",
            "sys/class/thermal/thermal_zone0/temp": "40000\n",
            "sys/class/thermal/thermal_zone1/type": "cpu-thermal\n",
            "sys/class/thermal/thermal_zone1/temp": "54780\n",
            "sys/devices/platform/soc/soc:firmware/get_throttled": "50005\n",
            "proc/self/smaps_rollup": "Rss:   40000 kB\nPss:   20480 kB\nPss_Anon: 1 kB\n",
        },
    )

    figures = health.figures(root)

    assert figures.clock == "synced"
    assert figures.cpu_c == 54.8
    assert figures.throttled is True
    assert figures.mem_mb == 20.0
    assert figures.disk_mb is not None
    assert figures.disk_mb > 0


@pytest.mark.parametrize(("word", "throttled"), [("0", False), ("0x50000", False), ("4", True)])
def test_throttled_in_the_past_is_not_throttled_now(
    tmp_path: Path,
    word: str,
    throttled: bool,  # noqa: FBT001
) -> None:
    root = write(tmp_path, {"sys/devices/platform/soc/soc:firmware/get_throttled": word})

    assert health.figures(root).throttled is throttled


def test_a_machine_without_such_files_has_figures_without_values(tmp_path: Path) -> None:
    figures = health.figures(tmp_path)

    assert figures.clock == "unsynced"
    assert (figures.cpu_c, figures.throttled, figures.mem_mb) == (None, None, None)


def test_the_memory_falls_back_to_what_is_resident(tmp_path: Path) -> None:
    root = write(tmp_path, {"proc/self/status": "Name:\tpython\nVmRSS:\t   10240 kB\n"})

    assert health.figures(root).mem_mb == 10.0


def test_rubbish_in_the_system_is_no_figure(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "sys/class/thermal/thermal_zone0/temp": "warm\n",
            "sys/devices/platform/soc/soc:firmware/get_throttled": "perhaps",
        },
    )

    assert health.figures(root).cpu_c is None
    assert health.figures(root).throttled is None


def test_this_machine_can_be_asked() -> None:
    figures = health.figures()

    assert figures.mem_mb is not None
    assert 1 < figures.mem_mb < 2000
    assert figures.clock in ("synced", "unsynced")
