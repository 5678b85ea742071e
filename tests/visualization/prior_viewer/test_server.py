"""The viewer of priors: its callbacks, as a browser's sliders call them, and its page."""

import contextlib
import io
import time
import urllib.request

import numpy as np
import pytest
from PIL import Image

from hps_tf import priors
from hps_tf.body import load_small
from hps_tf.visualization.prior_viewer import score_scale

pytest.importorskip("viser", reason="needs viser")

PRIOR = "cmu-vposer"


@pytest.fixture(scope="module")
def server():
    from hps_tf.visualization.prior_viewer.server import PriorServer

    scale = score_scale.shipped(PRIOR)
    served = PriorServer(PRIOR, priors.load(PRIOR), load_small(), scale, port=18080)
    yield served
    served.stop()


def click(server, label):
    """Does what a browser's click does."""
    for callback in server.buttons[label]._impl.update_cb:
        callback(None)


def shown(server):
    """The vertices and figures on display."""
    return np.array(server.mesh.vertices), server.figures.content


def check_figures(server):
    look = server.posed.look()
    scale = score_scale.shipped(PRIOR)
    percentile = scale.percentile(look.score)
    vertices, figures = shown(server)
    np.testing.assert_allclose(vertices, look.vertices, atol=1e-5)
    assert figures.startswith(f"**negative energy {look.score:.1f} nats**")
    assert figures.endswith(f"more plausible than {percentile:.0f} % {scale.poses}")
    assert server.bar.value == pytest.approx(percentile, abs=1e-3)


def test_the_page_is_served_on_this_machine_alone(server):
    assert server.url.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(server.url) as answer:
        assert answer.status == 200


def test_a_slider_of_a_direction_moves_the_body_and_the_figures(server):
    click(server, "Latent zero")
    vertices, figures = shown(server)
    server.sliders[0].value = 2.0
    assert server.posed.coordinates[0] == pytest.approx(2.0)
    moved, other_figures = shown(server)
    assert np.abs(moved - vertices).max() > 0.05
    assert other_figures != figures
    check_figures(server)


def test_a_slider_of_the_shape_moves_the_body_and_leaves_the_score(server):
    click(server, "Latent zero")
    vertices, figures = shown(server)
    server.shape_sliders[0].value = 3.0
    moved, same_figures = shown(server)
    assert np.abs(moved - vertices).max() > 0.01
    assert same_figures == figures
    server.shape_sliders[0].value = 0.0
    np.testing.assert_allclose(shown(server)[0], vertices, atol=1e-5)


def test_a_random_pose_sets_the_sliders_to_where_it_is(server):
    click(server, "Random pose")
    latent = server.posed.latent.copy()
    assert np.linalg.norm(latent) > 1
    found = [slider.value for slider in server.sliders]
    np.testing.assert_allclose(found, server.posed.coordinates[: len(found)].clip(-4, 4), atol=1e-6)
    np.testing.assert_array_equal(server.posed.latent, latent)
    check_figures(server)


def test_the_walk_goes_from_one_pose_to_the_other(server):
    click(server, "Random pose")
    click(server, "A is this pose")
    first = server.posed.latent.copy()
    click(server, "Random pose")
    click(server, "B is this pose")
    last = server.posed.latent.copy()
    for share in (0.25, 1.0, 0.0):
        server.share.value = share
        np.testing.assert_allclose(server.posed.latent, (1 - share) * first + share * last)
        check_figures(server)


def test_a_second_call_for_the_same_position_computes_nothing(server, monkeypatch):
    server.sliders[1].value = 0.5
    monkeypatch.setattr(server.posed, "look", lambda: pytest.fail("looked again"))
    for callback in server.sliders[1]._impl.update_cb:
        callback(None)


def wait(condition, seconds=240.0):
    """Waits; without a graphics card Chromium is slow, and its answers come late."""
    from selenium.common.exceptions import TimeoutException

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(TimeoutException):
            if condition():
                return
        time.sleep(0.2)
    raise AssertionError(f"did not hold within {seconds} s")


def body_pixels(browser):
    """Where the scene shows the body, which is blue."""
    png = browser.find_element("css selector", "canvas").screenshot_as_png
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    return pixels[..., 2] - pixels[..., 0] > 25


def test_a_slider_in_a_browser_moves_the_body_and_the_figures(server, browser, tmp_path):
    from selenium.webdriver.common.keys import Keys

    click(server, "Latent zero")
    browser.set_window_size(900, 650)
    browser.get(server.url)

    def text():
        return browser.find_element("tag name", "body").text

    wait(lambda: "Direction 1" in text() and "negative energy" in text())
    wait(lambda: body_pixels(browser).sum() > 2000)
    before, figures = body_pixels(browser), server.figures.content
    thumbs = browser.find_elements("css selector", "[role=slider]")
    assert len(thumbs) >= 1 + len(server.sliders)
    thumbs[1].send_keys(Keys.ARROW_RIGHT * 40)
    wait(lambda: server.sliders[0].value > 1.9 and server.figures.content != figures)
    wait(lambda: server.figures.content.split("**")[1] in text())
    wait(lambda: (body_pixels(browser) != before).sum() > 500)
    browser.save_screenshot(str(tmp_path / "prior.png"))
    assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    browser.get("about:blank")  # The page would look for its server as long as it is open.
