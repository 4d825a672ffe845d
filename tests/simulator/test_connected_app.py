import pytest

from pipeline.simulator import ConnectedApp


def test_a_refresh_token_that_stays_is_good_for_any_number_of_uses():
    app = ConnectedApp()
    token = app.authorise()
    assert [app.use(token), app.use(token)] == [None, None]


def test_a_refresh_token_that_rotates_is_good_for_one_use():
    app = ConnectedApp(rotates=True)
    first = app.authorise()
    second = app.use(first)
    assert second
    assert second != first
    with pytest.raises(KeyError):
        app.use(first)
    assert app.use(second)


def test_a_refresh_token_of_before_can_be_taken_over():
    app = ConnectedApp(rotates=True)
    assert app.authorise("kept") == "kept"
    assert app.use("kept") not in {None, "kept"}


def test_what_was_never_given_is_not_good():
    with pytest.raises(KeyError):
        ConnectedApp().use("")
