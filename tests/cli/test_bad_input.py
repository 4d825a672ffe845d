"""Bad input ends in one clear line and the right exit code; nothing is sent and nothing half-written."""

import socket

import pytest


def nothing_happened(desk) -> bool:
    journals = list((desk.folder / "state").rglob("*.journal"))
    ledger = desk.folder / "state/embedded-org.jsonl"
    return (
        not journals and not (desk.folder / "reports").exists() and (not ledger.exists() or "records" not in ledger.read_text())
    )


def told(ran, code: int, *words: str) -> bool:
    assert ran.code == code, ran
    assert len(ran.complaints) == 1, ran.complaints
    for word in words:
        assert word in ran.complaints[0]
    return True


def test_a_config_with_five_mistakes_shows_all_five_with_their_lines(desk):
    desk.write(
        "bad.toml",
        '[job]\nobject = "Contact"\nimput = "people.csv"\n\n[org]\nurl = "embedded"\napi_version = "12"\n\n'
        '[send]\nconcurrency = 0\nchunk_records = "many"\n\n[sned]\n',
    )
    ran = desk.treeload("run", "bad.toml")
    assert ran.code == 2
    assert [line.split(": ")[1:3] for line in ran.complaints] == [
        ["bad.toml:3", "job.imput"],
        ["bad.toml:7", "org.api_version"],
        ["bad.toml:10", "send.concurrency"],
        ["bad.toml:11", "send.chunk_records"],
        ["bad.toml:13", "sned"],
    ]
    assert nothing_happened(desk)


def test_a_missing_config_is_named_with_its_neighbour(desk):
    assert told(desk.treeload("run", "poeple.toml"), 2, "poeple.toml", "people.toml")


def test_a_missing_file_is_named_with_its_neighbour(desk):
    ran = desk.treeload("run", "people.toml", "--input", "poeple.csv")
    assert told(ran, 8, "poeple.csv: not found", "people.csv")
    assert nothing_happened(desk)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ("empty",)),
        (b"First Name,Last Name\n", ("header",)),
        (b"F\0i\0", ("UTF-8", "read.encoding")),
        (b"a,,a\n1,2,3\n", ("column",)),
    ],
)
def test_a_file_without_rows_or_a_usable_header_is_refused(desk, content, words):
    desk.write("people.csv", content)
    assert told(desk.treeload("run", "people.toml"), 8, "people.csv", *words)
    assert nothing_happened(desk)


def test_a_folder_is_no_file(desk):
    (desk.folder / "folder.csv").mkdir()
    assert told(desk.treeload("run", "people.toml", "--input", "folder.csv"), 8, "folder.csv", "is a folder")


def test_a_glob_that_matches_nothing_is_told(desk):
    assert told(desk.treeload("run", "people.toml", "--input", "*.tsv"), 8, "*.tsv", "matches no file")


def test_an_unknown_column_is_named_with_its_neighbours(desk):
    desk.write("people.csv", "First Name,Last Name,Emial\nKim,Lee,x\n")
    assert told(desk.treeload("run", "people.toml"), 2, "'Emial'", "Email", "mapping.ignore")
    assert nothing_happened(desk)


def test_an_unknown_object_is_named_with_its_neighbour(desk):
    ran = desk.treeload("run", "people.toml", "--set", "job.object=Contct")
    assert told(ran, 2, "Contct", "did you mean Contact?")
    assert nothing_happened(desk)


def login(url: str, kind: str, **settings: str) -> list[str]:
    """Say on the command line how to log in where."""
    values = {"org.url": url, "org.auth.kind": kind} | {f"org.auth.{name}": value for name, value in settings.items()}
    return [word for name, value in values.items() for word in ("--set", f"{name}={value}")]


def test_an_org_that_refuses_the_connection_can_be_tried_again_later(desk):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        way = login(f"http://127.0.0.1:{taken.getsockname()[1]}", "access_token", token="env:ORG_TOKEN")
        ran = desk.treeload("run", "people.toml", *way, ORG_TOKEN="00D000000000001!abc")
    assert told(ran, 5, "127.0.0.1")
    assert nothing_happened(desk)


def test_wrong_credentials_are_a_matter_of_access_and_not_shown(desk, served):
    way = login(served.url, "client_credentials", client_id=served.client_id, client_secret="env:ORG_SECRET")
    ran = desk.treeload("run", "people.toml", *way, ORG_SECRET="hunter2-and-more")
    assert told(ran, 7, "client_secret")
    assert "hunter2" not in ran.out + ran.err
    assert nothing_happened(desk)


def test_a_token_that_the_org_does_not_know_is_a_matter_of_access(desk, served):
    way = login(served.url, "access_token", token="env:ORG_TOKEN")
    ran = desk.treeload("run", "people.toml", *way, ORG_TOKEN="00D000000000001!unknown.token")
    assert told(ran, 7)
    assert "unknown.token" not in ran.out + ran.err


def test_a_missing_secret_is_named_by_its_reference(desk):
    way = login("https://example.my.salesforce.com", "access_token", token="env:ORG_TOKEN")
    assert told(desk.treeload("run", "people.toml", *way), 2, "ORG_TOKEN")


def test_a_command_or_option_that_does_not_exist_gets_its_neighbour(desk):
    wrong = desk.treeload("rnu", "people.toml")
    assert wrong.code == 2
    assert "Did you mean 'run'?" in wrong.err
    option = desk.treeload("run", "people.toml", "--frehs")
    assert option.code == 2
    assert "--fresh" in option.err


def test_a_state_folder_that_cannot_be_made_is_told(desk):
    desk.write("taken", "")
    ran = desk.treeload("run", "people.toml", "--set", "job.state=taken/state")
    assert ran.code in {1, 2}
    assert any("taken" in line for line in ran.complaints)
