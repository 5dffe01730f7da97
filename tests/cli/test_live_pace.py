"""For what a live run tells of its pace: a rate that is too low, one that does nothing, and how far it is behind."""
import re

PACK = """pack: ticks
version: 1
parameters:
  how_often: {type: rate, default: 2000/s, help: Ticks.}
streams:
  ticks:
    rate: =how_often
    fields: {at: =time}
"""


def live(headwater, folder, *words):
    pack = folder / "ticks.yaml"
    pack.write_text(PACK, encoding="utf-8")
    return headwater("run", pack, "--live", *words, "--to", "discard:", cwd=folder).stderr


def test_a_rate_below_what_befalls_is_told_with_what_changes_it_and_so_is_the_lag(headwater, tmp_path):
    said = live(headwater, tmp_path, "--rate", "500/s", "--for", "3s")
    told = re.search(r"Run will fall behind its clock, as about ([\d,]+) records fall due in a second; give a higher --rate, or lower "
                     r"how much happens by --set how_often: 500/s", said)
    assert told and 1800 < int(told[1].replace(",", "")) < 2200, said
    lags = [float(lag) for lag in re.findall(r"Run is behind its clock, limited by rate: (\d+)s", said)]
    assert lags and lags == sorted(lags)
    assert re.search(r"limited by rate, \d+s .*behind its clock\n", said), said


def test_a_rate_above_what_befalls_is_told_to_do_nothing(headwater, tmp_path):
    said = live(headwater, tmp_path, "--rate", "50k/s", "--for", "1s")
    assert "Rate only bounds a live run" in said and "raise how much happens by --set how_often, or all of it by --speed: 50,000/s" in said
    assert "behind its clock" not in said


def test_a_rate_that_fits_is_not_spoken_of(headwater, tmp_path):
    said = live(headwater, tmp_path, "--rate", "2k/s", "--for", "1s")
    assert "Rate only" not in said and "fall behind" not in said
