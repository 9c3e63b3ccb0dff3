"""The console's frame in a browser: it loads, obeys its policy, changes its theme, stays on its page."""
import re

from browser import story


def test_frame(server):
    saw = story(server, "frame")
    assert saw["title"] == "Overview - Crema"
    assert saw["navigation"][:1] == ["Overview"] and "Event buses" in saw["navigation"]
    assert saw["light"] is False and saw["darkAfterReload"] is True
    assert saw["spanAfterReload"] == "true"
    assert saw["busesAt"] == "#/buses"
    assert saw["inlineRan"] is False and saw["refusals"] >= 1
    assert saw["turns"] == [[0, "Open the navigation"], [1, "Close the navigation"]]
    assert saw["keptNowhere"] == "dark"
    assert saw["narrow"] == [0, 0] and saw["wider"] == 0 and saw["widerStill"] == 0
    assert saw["tops"] and min(saw["tops"]) >= saw["bar"] == 48
    assert saw["given"] == [True, True]
    assert saw["stays"] == 1
    dark, light = (sum(map(int, re.findall(r"\d+", ground))) for ground in saw["grounds"])
    assert dark < 100 and light == 3 * 255
