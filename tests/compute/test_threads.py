"""What is kept by a thread is made once in it, and never seen by another."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from fer_classic.compute.threads import kept_by_thread


def test_each_thread_keeps_its_own():
    together = Barrier(3)

    @kept_by_thread(maxsize=2)
    def make(name):
        return [name]

    def twice():
        together.wait()
        assert make("a") is make("a")
        return make("a")

    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda _: twice(), range(3)))
    assert len({id(one) for one in made}) == 3
    assert make.__name__ == "make"


def test_it_keeps_no_more_than_told():
    @kept_by_thread(maxsize=1)
    def make(name):
        return [name]

    first = make("a")
    make("b")
    assert make("a") is not first
