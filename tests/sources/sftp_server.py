"""An SFTP server: `sftp_server.py FOLDER HOME PORT PASSWORD` prints its port; HOME becomes that of somebody it lets in."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import asyncssh


class Guarded(asyncssh.SFTPServer):
    """Refuses all that is called `forbidden`, even to root."""

    def open(self, path: bytes, *args: Any) -> Any:
        self.guard(path)
        return super().open(path, *args)

    def scandir(self, path: bytes) -> Any:
        self.guard(path)
        return super().scandir(path)

    def guard(self, path: bytes) -> None:
        if b"forbidden" in path:
            raise asyncssh.SFTPPermissionDenied("Permission denied")


class Doorkeeper(asyncssh.SSHServer):
    """Lets in who has the key, or knows the password."""

    def __init__(self, password: str) -> None:
        self.password = password

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return password == self.password


async def serve(folder: Path, home: Path, port: int, password: str) -> None:
    ssh = home / ".ssh"
    ssh.mkdir(parents=True, exist_ok=True)
    keys = {}
    for name in ("host_key", "id_ed25519"):
        if not (ssh / name).exists():
            asyncssh.generate_private_key("ssh-ed25519").write_private_key(ssh / name)
        keys[name] = asyncssh.read_private_key(ssh / name)
    (ssh / "authorized_keys").write_bytes(keys["id_ed25519"].export_public_key())
    server = await asyncssh.listen(
        "127.0.0.1",
        port,
        server_factory=lambda: Doorkeeper(password),
        server_host_keys=[keys["host_key"]],
        authorized_client_keys=str(ssh / "authorized_keys"),
        sftp_factory=lambda channel: Guarded(channel, chroot=str(folder).encode()),
    )
    known = f"[127.0.0.1]:{server.get_port()} {keys['host_key'].export_public_key().decode()}"
    (ssh / "known_hosts").write_text(known)
    print(server.get_port(), flush=True)  # noqa: T201 - that is how it says where it is
    await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
