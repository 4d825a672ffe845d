"""Files behind real servers: what is there is read and found, and what goes wrong is one line."""

import os
import signal

import pytest

from pipeline.assembly.plans import find_parts, is_plan_file
from pipeline.errors import InputError, InputUnavailable, UsageError
from pipeline.sources import elsewhere
from pipeline.sources.opening import found, opened
from tests.sources.servers import sftp_server

BODY = bytes(range(256)) * 10_000


def refusal(name: str) -> InputError:
    with pytest.raises(InputError) as caught, opened(name):
        pass
    assert "\n" not in str(caught.value)
    return caught.value


def test_any_part_of_a_file_is_read(server):
    with opened(server.put("parts/x.bin", BODY)) as file:
        assert file.size == len(BODY)
        assert file.read(100, 1_048_576) == BODY[100 : 100 + 1_048_576]
        assert file.read(len(BODY) - 10, 1_048_576) == BODY[-10:]
        assert file.read(len(BODY), 1_048_576) == b""


def test_an_empty_file_is_empty(server):
    with opened(server.put("empty.csv", b"")) as file:
        assert (file.size, file.read(0, 100)) == (0, b"")


def test_a_file_that_changes_while_it_is_read_is_not_taken_for_itself(server):
    name = server.put("changing.csv", b"abc")
    with opened(name) as file:
        assert file.read(0, 2) == b"ab"
        server.put("changing.csv", b"xyz1")
        with pytest.raises(InputError, match="changed since it was inspected"):
            file.read(2, 2)


def test_other_content_of_the_same_size_is_another_version(server):
    name = server.put("version.csv", b"abc")
    with opened(name) as file:
        before = file.version
    server.put("version.csv", b"xyz")
    if server.address.startswith("sftp"):
        os.utime(server.folder / "version.csv", (1, 1))
    with opened(name) as file:
        assert file.version != before


def test_a_missing_file_brings_up_the_nearest_name(server):
    server.put("near/contacts.csv", b"a\n1\n")
    name = f"{server.address}/near/contact.csv"
    assert str(refusal(name)) == f"{name}: not found; did you mean contacts.csv?"
    assert str(refusal(f"{server.address}/nowhere/x.csv")).endswith("not found; check the address")


def test_a_folder_is_no_file(server):
    server.put("folder/x.csv", b"")
    assert str(refusal(f"{server.address}/folder")) == f"{server.address}/folder: is a folder; give a file"


def test_a_glob_finds_files_in_the_order_of_their_names(server):
    names = [server.put(f"globs/{name}", b"1") for name in ("a1.csv", "a10.csv", "a2.csv", "b/a3.csv", "b/c/a4.csv")]
    server.put("globs/a.txt", b"1")
    server.put("globs/.a5.csv", b"1")
    assert found(f"{server.address}/globs/a*.csv") == names[:3]
    assert found(f"{server.address}/glob?/a[12].csv") == [names[0], names[2]]
    assert found(f"{server.address}/globs/*/a3.csv") == [names[3]]
    assert found(f"{server.address}/globs/**/*.csv") == names
    assert found(f"{server.address}/globs/**") == [f"{server.address}/globs/a.txt", *names]


@pytest.mark.parametrize("pattern", ["globs/*.tsv", "nowhere/*.csv", "nowhere/**"])
def test_a_glob_that_matches_nothing_is_told(server, pattern):
    server.put("globs/a.csv", b"1")
    with pytest.raises(InputError, match="matches no file"):
        found(f"{server.address}/{pattern}")


def test_a_host_that_nobody_knows_is_told():
    error = refusal("sftp://host.invalid/x.csv")
    assert isinstance(error, InputUnavailable)
    assert str(error).startswith("sftp://host.invalid/x.csv: can't be reached: ")


def test_a_connection_that_was_cut_is_made_again_and_a_server_that_is_gone_is_told(sftp):
    name = sftp.put("x.csv", b"abc")
    with opened(name) as file:
        sftp.end()
        with pytest.raises(InputUnavailable, match="can't be reached"):
            file.read(0, 3)
        with sftp_server(sftp.folder, sftp.folder.parent / "home", sftp.port):
            assert file.read(0, 3) == b"abc"


def test_a_server_that_says_nothing_any_more_is_told(sftp, monkeypatch):
    monkeypatch.setattr(elsewhere, "_PATIENCE", 0.5)
    name = sftp.put("x.csv", b"abc")
    with opened(name) as file:
        sftp.process.send_signal(signal.SIGSTOP)
        with pytest.raises(InputUnavailable, match="can't be reached"):
            file.read(0, 3)


def test_a_host_whose_key_is_not_known_is_not_trusted(sftp):
    name = sftp.put("x.csv", b"abc")
    (sftp.folder.parent / "home/.ssh/known_hosts").unlink()
    assert str(refusal(name)) == (
        f"{name}: can't be read: Host key is not trusted for host 127.0.0.1; connect once with ssh, or put the host's key into "
        "~/.ssh/known_hosts"
    )


def test_a_key_that_is_missing_is_not_a_missing_file(sftp):
    name = sftp.put("x.csv", b"abc")
    (sftp.folder.parent / "home/.ssh/config").write_text("Host *\n  IdentityFile /nowhere/key\n")
    said = "a file of the login isn't there"
    assert said in str(refusal(name))
    with pytest.raises(InputError, match=said):
        found(f"{sftp.address}/*.csv")


def test_who_is_not_let_in_is_told(sftp):
    name = sftp.put("x.csv", b"abc")
    (sftp.folder.parent / "home/.ssh/id_ed25519").unlink()
    assert str(refusal(name)).startswith(f"{name}: may not be read by whom the keys here stand for (")


def test_a_file_that_may_not_be_read_is_told(sftp):
    name = sftp.put("forbidden.csv", b"abc")
    with opened(name) as file, pytest.raises(InputError) as caught:
        file.read(0, 3)
    assert str(caught.value) == f"{name}: may not be read by whom the keys here stand for (Permission denied)"


@pytest.mark.parametrize("pattern", ["**/*.csv", "*/x.csv", "forbidden/*.csv"])
def test_a_folder_that_may_not_be_listed_is_not_an_empty_one(sftp, pattern):
    sftp.put("forbidden/x.csv", b"abc")
    sftp.put("open/x.csv", b"abc")
    with pytest.raises(InputError, match="may not be read"):
        found(f"{sftp.address}/{pattern}")


def test_who_has_no_keys_is_told_where_they_are_looked_for(s3, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert str(refusal("s3://exports/x.csv")) == (
        "s3://exports/x.csv: can't be read: Unable to locate credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
        "AWS_PROFILE"
    )


def test_a_bucket_that_does_not_exist_is_told(s3):
    assert str(refusal("s3://exprts/x.csv")).startswith("s3://exprts/x.csv: not found")


def test_an_address_that_cannot_be_read_is_a_mistake_of_the_command_line():
    with pytest.raises(UsageError, match="the address of an input file must be a path, or an address"):
        found("ftp://host/x.csv")


def test_a_plan_names_files_beside_it_wherever_it_lies(server):
    there = server.put("plans/Accounts.json", b'{"records":[]}')
    plan = server.put("plans/plan.json", b'[{"sobject":"Account","files":["Accounts.json"]}]')
    assert is_plan_file(plan)
    assert find_parts(plan) == (("Account", there),)
    plan = server.put("plans/bad.json", b'[{"sobject":"Account","files":["Accounts.json","no.json","ftp://x:y@z/a.json"]}]')
    with pytest.raises(InputError) as caught:
        find_parts(plan)
    first, second = str(caught.value).splitlines()
    assert first.startswith(f"{plan}: Account: {server.address}/plans/no.json: not found")
    assert second.startswith(f"{plan}: Account: the address of a file ")
    assert "x:y" not in second
