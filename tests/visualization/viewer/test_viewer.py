"""The page in a real browser, against the rasterizer."""

import io
import re
import time

import numpy as np
import pytest
from PIL import Image

from hps_tf.body import load_default
from hps_tf.formats import Person, Scene
from hps_tf.rendering import BACKGROUND, rasterize
from hps_tf.visualization.viewer import page

HEIGHT, WIDTH, FOCAL = 300, 400, 450.0
INTRINSICS = np.array([[FOCAL, 0, 210.0], [0, FOCAL, 140.0], [0, 0, 1]])
PHOTOGRAPH = np.array([20, 90, 40])


@pytest.fixture(scope="module")
def body():
    return load_default(3000)


@pytest.fixture(scope="module")
def scene(body):
    rng = np.random.default_rng(0)

    def person(name, x, frames):
        pose = np.zeros((len(frames), 24, 3), np.float32)
        pose[:, 0] = [np.pi, 0, 0]
        pose[:, 16, 2] = np.linspace(-1.2, 1.2, len(frames))  # The left arm sinks and rises.
        return Person(
            name,
            np.array(frames),
            pose,
            rng.normal(size=body.num_shape).astype(np.float32),
            np.tile(np.float32([x, 0.1, 3.2]), (len(frames), 1)),
            joint_std=np.full((len(frames), 24), 0.05, np.float32),
        )

    people = (person("</script> & ann", -0.7, [0, 1, 2, 3, 4]), person("bob", 0.7, [2, 3]))
    return Scene(body, people, 5.0, sizes=((HEIGHT, WIDTH),) * 5)


@pytest.fixture(scope="module")
def opened(browser, scene, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "page.html"
    photograph = page.jpeg(np.full((HEIGHT, WIDTH, 3), PHOTOGRAPH, np.uint8), 400)
    figures = {"bob": {"distance, m": [3.2, 3.2]}}
    view = page.View("a <b>", scene, INTRINSICS, [photograph], figures)
    path.write_text(page.page("people & <b>", [view]), "utf-8")
    browser.set_window_size(1100, 800)
    browser.get(path.as_uri())
    wait(browser, "return document.body.dataset.scene === '0'")
    time.sleep(0.5)  # The photograph is decoded.
    return browser


def wait(browser, condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not browser.execute_script(condition):
        assert time.monotonic() < end, f"{condition} did not hold within {seconds} s"
        time.sleep(0.05)


def set_value(browser, name, value):
    before = browser.execute_script("return Number(document.body.dataset.drawn || 0)")
    browser.execute_script(
        "const e = document.getElementById(arguments[0]);"
        "if (e.type === 'checkbox') e.checked = arguments[1]; else e.value = arguments[1];"
        "e.dispatchEvent(new Event('input'));",
        name,
        value,
    )
    wait(browser, f"return Number(document.body.dataset.drawn) > {before}")


def set_speed(browser, speed):
    browser.execute_script("document.getElementById('speed').value = arguments[0];", f"{speed:g}")


def canvas(browser):
    png = browser.find_element("id", "canvas").screenshot_as_png
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def bodies(browser):
    """Where the canvas shows anything but the photograph, in the image's pixels."""
    seen = np.abs(canvas(browser) - PHOTOGRAPH).max(axis=2) > 12
    height, width = seen.shape
    scale = min(width / WIDTH, height / HEIGHT)
    rows = (np.arange(HEIGHT) + 0.5) * scale + (height - scale * HEIGHT) / 2
    columns = (np.arange(WIDTH) + 0.5) * scale + (width - scale * WIDTH) / 2
    return seen[np.ix_(rows.astype(int), columns.astype(int))]


def expected(scene, frame):
    mask = np.zeros((HEIGHT, WIDTH), bool)
    for person in scene.people:
        if frame in person.frames:
            row = person.frames.tolist().index(frame)
            vertices = scene.vertices(person)[row]
            raster = rasterize(vertices, scene.body.faces, INTRINSICS, (HEIGHT, WIDTH))
            mask |= raster.triangles != BACKGROUND
    return mask


def test_bodies_are_where_the_rasterizer_has_them_in_every_frame(opened, scene):
    set_value(opened, "opacity", "1")
    for frame in range(5):
        set_value(opened, "time", str(frame))
        found, truth = bodies(opened), expected(scene, frame)
        assert (found & truth).sum() / (found | truth).sum() > 0.96, frame


def test_the_slider_moves_them(opened):
    set_value(opened, "time", "0")
    before = canvas(opened)
    set_value(opened, "time", "4")
    assert (np.abs(canvas(opened) - before).max(axis=2) > 12).sum() > 500


def test_playback_moves_on_and_stops(opened):
    set_value(opened, "time", "0")
    opened.find_element("id", "play").click()
    wait(opened, "return document.getElementById('time').value !== '0'")
    opened.find_element("id", "play").click()
    assert opened.find_element("id", "play").text == "Play"


PLAYED = """
const time = document.getElementById('time'), play = document.getElementById('play');
const later = [], seen = [];
let now = 1000;
performance.now = () => now;
window.requestAnimationFrame = (call) => later.push(call);
play.click();
for (let step = 0; step < 19; step += 1, now += 110) {
  later.splice(0).forEach((call) => call(now));
  seen.push(Number(time.value));
}
return seen;
"""


@pytest.mark.parametrize("speed", [0.25, 1.0])
def test_playback_keeps_the_videos_pace_times_the_speed(opened, speed):
    address, page_of_all = opened.current_url, opened.current_window_handle
    opened.switch_to.new_window("tab")  # Its clock is replaced.
    try:
        opened.get(address)
        wait(opened, "return document.body.dataset.scene === '0'")
        set_speed(opened, speed)
        seen = opened.execute_script(PLAYED)  # Every 0.11 s, 5 frames at 5 frames per second.
    finally:
        opened.close()
        opened.switch_to.window(page_of_all)
    assert seen == [int(0.11 * step * 5 * speed) % 5 for step in range(19)]


def test_the_photograph_lies_behind(opened):
    assert (np.abs(canvas(opened) - PHOTOGRAPH).max(axis=2) < 8).mean() > 0.4
    set_value(opened, "photograph", False)
    time.sleep(0.3)
    assert (np.abs(canvas(opened) - PHOTOGRAPH).max(axis=2) < 8).mean() < 0.01
    set_value(opened, "photograph", True)
    time.sleep(0.3)


@pytest.mark.parametrize("mode", ["part", "doubt"])
def test_colours_change_with_their_meaning(opened, mode):
    set_value(opened, "colours", "person")
    before = canvas(opened)
    set_value(opened, "colours", mode)
    assert (np.abs(canvas(opened) - before).max(axis=2) > 12).sum() > 500
    set_value(opened, "colours", "person")


def test_side_view_and_back(opened):
    before = canvas(opened)
    opened.find_element("id", "side").click()
    time.sleep(0.3)
    assert (np.abs(canvas(opened) - before).max(axis=2) > 12).sum() > 500
    opened.find_element("id", "camera").click()
    time.sleep(0.3)
    assert np.abs(canvas(opened) - before).mean() < 1


def test_a_person_can_be_hidden(opened):
    set_value(opened, "time", "2")
    before = bodies(opened).sum()
    boxes = opened.find_elements("css selector", "#people input")
    boxes[0].click()
    time.sleep(0.3)
    assert 0.2 * before < bodies(opened).sum() < 0.8 * before
    boxes[0].click()


def test_figures_of_the_body_under_the_pointer_are_shown(opened, scene):
    from selenium.webdriver import ActionChains

    set_value(opened, "time", "2")
    mask = expected(Scene(scene.body, scene.people[1:], 5.0), 2)
    row, column = np.argwhere(mask).mean(axis=0)
    area = opened.find_element("id", "canvas").size
    scale = min(area["width"] / WIDTH, area["height"] / HEIGHT)
    x, y = (column - WIDTH / 2) * scale, (row - HEIGHT / 2) * scale
    element = opened.find_element("id", "canvas")
    ActionChains(opened).move_to_element_with_offset(element, int(x), int(y)).perform()
    hover = opened.find_element("id", "hover")
    assert hover.text == "bob\ndistance, m: 3.2"


def test_names_are_text_and_no_markup(opened):
    assert opened.title == "people & <b>"
    assert "</script> & ann" in opened.find_element("id", "people").text


def test_a_phone_shows_bodies_above_the_panel(opened):
    # No window is as narrow as a phone, so the device is emulated.
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": False}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    wait(opened, "return innerWidth === 390")
    stage = opened.find_element("id", "stage").rect
    panel = opened.find_element("id", "panel").rect
    assert panel["y"] >= stage["y"] + stage["height"] - 1
    assert stage["width"] == panel["width"]
    wide = opened.execute_script("return document.documentElement.scrollWidth > innerWidth")
    assert not wide
    opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_console_has_no_errors(opened):
    assert not [entry for entry in opened.get_log("browser") if entry["level"] == "SEVERE"]


def test_the_page_asks_nothing_of_a_network(scene):
    text = page.page("x", [page.View("x", scene, INTRINSICS)])
    own = text.split("three.js authors")[0] + text[text.index('<script type="application/json"') :]
    assert not re.findall(r"(?:src|href)=\"https?:", own)
    assert len(text) < 3e6


def test_300_frames_of_two_people_take_less_than_30_megabytes(body, scene):
    frames = np.arange(300)
    people = tuple(
        Person(
            name,
            frames,
            np.zeros((300, 24, 3), np.float32),
            np.zeros(body.num_shape, np.float32),
            np.ones((300, 3), np.float32),
            joint_std=np.ones((300, 24), np.float32),
        )
        for name in ("a", "b")
    )
    noise = np.random.default_rng(0).integers(0, 255, (12, 16, 3), np.uint8)
    picture = Image.fromarray(noise).resize((1280, 960), Image.Resampling.BICUBIC)
    photograph = page.jpeg(np.asarray(picture), 640)
    view = page.View("x", Scene(body, people, 30.0), INTRINSICS, [photograph] * 300)
    assert len(page.page("x", [view])) < 30e6
