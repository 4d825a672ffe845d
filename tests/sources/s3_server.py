"""An S3 server that forgets all when it ends: `s3_server.py` prints its port."""

import signal

from moto.server import ThreadedMotoServer

if __name__ == "__main__":
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    print(server.get_host_and_port()[1], flush=True)  # noqa: T201 - that is how it says where it is
    signal.pause()
