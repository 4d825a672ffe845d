from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.aside import spool
from pipeline.aside.spool import Spool


@given(st.lists(st.lists(st.binary(max_size=40), max_size=5), max_size=20), st.sampled_from([1, 30, 10**6]), st.randoms())
def test_rows_come_back_in_whatever_order_they_are_asked_for(tmp_path_factory, blocks, near, random):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "IN_MEMORY", 50)
        patch.setattr(spool, "NEAR", near)
        places = []
        with closing(Spool(tmp_path_factory.getbasetemp())) as aside:
            for block in blocks:
                at = aside.add(block)
                for row in block:
                    places.append(((at, len(row)), row))
                    at += len(row)
            aside.end()
            random.shuffle(places)
            assert aside.rows([place for place, _ in places]) == [row for _, row in places]


def test_it_has_no_name_on_disk(tmp_path):
    aside = Spool(tmp_path)
    aside.add([b"row"])
    aside.end()
    assert list(tmp_path.iterdir()) == []
    aside.close()
