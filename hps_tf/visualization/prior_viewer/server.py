"""The viewer's page: a body, sliders, samples, a walk between two poses, the pose's plausibility.

viser serves the page and keeps its handles in step with the browser. All browsers that open it see
the same body.
"""

import contextlib
import io
import threading
from collections.abc import Callable

import numpy as np
import viser

from hps_tf.body import BodyModel
from hps_tf.priors import PosePrior
from hps_tf.visualization import palette
from hps_tf.visualization.prior_viewer import latent_directions
from hps_tf.visualization.prior_viewer.posed_body import PosedBody
from hps_tf.visualization.prior_viewer.score_scale import ScoreScale

_HOST = "127.0.0.1"
_DIRECTIONS, _SHAPES = 12, 8
_REACH = 4.0
"""Standard deviations to which sliders go; one sample in a thousand has a coordinate beyond."""

_REACH_OF_SHAPE = 3.0
_CAMERA, _LOOK_AT = (0.9, 1.3, 3.0), (0.0, 0.85, 0.0)


class PriorServer:
    """Serves a prior to browsers on this machine until `stop`.

        server = PriorServer("cmu-6d-light", prior, body, score_scale.shipped("cmu-6d-light"))
        print(server.url)

    Args:
      name: The prior's name, shown above the controls.
      prior: With a latent space.
      body: The body model, y up.
      scale: Gives the percentiles.
      port: The port; the next free one if it is taken.
      seed: Of random poses.

    Attributes:
      posed: The body on display.
      mesh: viser's handle of its surface.
      figures: viser's handle of the text about its plausibility.
      bar: viser's handle of the bar that shows the percentile.
      sliders: viser's handles of the coordinates along the directions.
      shape_sliders: viser's handles of the shape components.
      share: viser's handle of the share of the way from pose A to pose B.
      buttons: viser's handles of the buttons, by their labels.
      ends: The latents of poses A and B, `(L,)` each.
    """

    def __init__(
        self,
        name: str,
        prior: PosePrior,
        body: BodyModel,
        scale: ScoreScale,
        port: int = 8080,
        seed: int = 0,
    ):
        self._rng = np.random.default_rng(seed)
        self._scale = scale
        self._quantity = "log-density" if prior.has_density else "negative energy"
        directions = latent_directions.principal(prior, body)
        self.posed = PosedBody(prior, body, directions)
        self.ends = [self._rng.normal(size=prior.latent_dim) for _ in range(2)]
        self._lock = threading.RLock()
        self._is_setting = False
        self._shown = np.array(np.nan)

        with contextlib.redirect_stdout(io.StringIO()):  # It prints its addresses.
            self._server = viser.ViserServer(host=_HOST, port=port, label=name, verbose=False)
        self._server.gui.configure_theme(show_logo=False, show_share_button=False)
        self._server.gui.main_panel.dock_right()
        self._add_scene(body)
        self.figures = self._server.gui.add_markdown("")
        self.bar = self._server.gui.add_progress_bar(0.0)
        self.buttons: dict[str, viser.GuiButtonHandle] = {}
        self._add_poses()
        self._add_sliders(directions.movement, body)
        self._show()

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://{_HOST}:{self._server.get_port()}"

    def wait(self) -> None:
        """Serves until the process is interrupted."""
        self._server.sleep_forever()

    def stop(self) -> None:
        """Ends the server."""
        self._server.stop()

    def _add_scene(self, body: BodyModel) -> None:
        scene = self._server.scene
        scene.set_up_direction("+y")
        scene.add_grid("/floor", width=4.0, height=4.0, plane="xz")
        look = self.posed.look()
        colour = tuple(round(255 * channel) for channel in palette.ACCENT)
        self.mesh = scene.add_mesh_simple("/body", look.vertices, body.faces, color=colour)
        camera = self._server.initial_camera
        camera.position, camera.look_at, camera.fov = _CAMERA, _LOOK_AT, np.radians(45)

    def _add_poses(self) -> None:
        gui = self._server.gui
        self._add_button("Random pose", "A sample of the prior", self._draw)
        self._add_button("Latent zero", "The pose in the middle of latent space", self._centre)
        with gui.add_folder("Between two poses"):
            self.share = gui.add_slider(
                "A to B", 0.0, 1.0, 0.01, 0.0, hint="On a straight line in latent space"
            )
            self.share.on_update(lambda _: self._on_slider(self._walk))
            self._add_button("A is this pose", "Keeps the pose as an end", lambda: self._keep(0))
            self._add_button("B is this pose", "Keeps the pose as an end", lambda: self._keep(1))

    def _add_button(self, label: str, hint: str, action: Callable[[], None]) -> None:
        button = self._server.gui.add_button(label, hint=hint)
        button.on_click(lambda _: self._on_click(action))
        self.buttons[label] = button

    def _add_sliders(self, movement: np.ndarray, body: BodyModel) -> None:
        gui = self._server.gui
        self.sliders, self.shape_sliders = [], []
        with gui.add_folder("Pose, by latent directions"):
            for number, metres in enumerate(movement[:_DIRECTIONS]):
                hint = f"Moves joints by {100 * metres:.1f} cm per standard deviation"
                slider = gui.add_slider(
                    f"Direction {number + 1}", -_REACH, _REACH, 0.05, 0.0, hint=hint
                )
                slider.on_update(lambda _, n=number: self._on_slider(lambda: self._move(n)))
                self.sliders.append(slider)
        with gui.add_folder("Shape", expand_by_default=False):
            for number in range(min(_SHAPES, body.num_shape)):
                slider = gui.add_slider(
                    f"Component {number + 1}", -_REACH_OF_SHAPE, _REACH_OF_SHAPE, 0.05, 0.0
                )
                slider.on_update(lambda _, n=number: self._on_slider(lambda: self._reshape(n)))
                self.shape_sliders.append(slider)

    def _on_slider(self, action: Callable[[], None]) -> None:
        """Does what a slider asks, unless it is this program that set it."""
        with self._lock:
            if not self._is_setting:
                action()
                self._show()

    def _on_click(self, action: Callable[[], None]) -> None:
        with self._lock:
            action()
            self._show()
            self._set_sliders()

    def _move(self, number: int) -> None:
        self.posed.move(number, self.sliders[number].value)

    def _reshape(self, number: int) -> None:
        self.posed.shape[number] = self.shape_sliders[number].value

    def _walk(self) -> None:
        share = self.share.value
        self.posed.latent = (1 - share) * self.ends[0] + share * self.ends[1]
        self._set_sliders()

    def _draw(self) -> None:
        self.posed.draw(self._rng)

    def _centre(self) -> None:
        self.posed.latent = np.zeros_like(self.posed.latent)

    def _keep(self, end: int) -> None:
        self.ends[end] = self.posed.latent.copy()
        self._is_setting = True
        self.share.value = float(end)
        self._is_setting = False

    def _set_sliders(self) -> None:
        """Sets the pose's sliders to where the pose is."""
        self._is_setting = True
        for slider, value in zip(self.sliders, self.posed.coordinates, strict=False):
            slider.value = float(np.clip(value, -_REACH, _REACH))
        self._is_setting = False

    def _show(self) -> None:
        """Brings surface and figures to what is posed.

        While a slider is dragged, calls queue up that all find its last position; all but the
        first have nothing to do.
        """
        state = np.concatenate([self.posed.latent, self.posed.shape])
        if np.allclose(state, self._shown, rtol=0.0, atol=1e-6):
            return
        self._shown = state
        look = self.posed.look()
        percentile = self._scale.percentile(look.score)
        self.mesh.vertices = look.vertices
        self.figures.content = (
            f"**{self._quantity} {look.score:.1f} nats**\n\n"
            f"more plausible than {percentile:.0f} % {self._scale.poses}"
        )
        self.bar.value = percentile
