import sys

import orjson

from pipeline import logs


def test_each_event_is_one_line_of_json(capsys):
    logs.configure(quiet=False)
    logs.get_logger().info("settled", chunk=7)
    event = orjson.loads(capsys.readouterr().err)
    assert (event["event"], event["chunk"], event["level"]) == ("settled", 7, "info")
    assert event["timestamp"].endswith("Z")


def test_beside_a_progress_bar_only_errors_are_said(capsys):
    logs.configure(quiet=True)
    logs.get_logger().info("settled", chunk=7)
    logs.get_logger().warning("in doubt", chunk=8)
    logs.get_logger().error("broken", chunk=9)
    assert capsys.readouterr().err.count("\n") == 1


def test_rich_can_be_imported_beside_the_logs():
    assert "rich" not in sys.modules or sys.modules["rich"] is not None
    import rich  # noqa: PLC0415 - after the logs, that is the point

    assert rich.__name__ == "rich"
