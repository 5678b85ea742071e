from . import glb, labelled_sheet, photograph_overlay, png, prior_sheets, video_file
from .body_picture import body_picture
from .contact_sheet import contact_sheet
from .gallery import gallery
from .overlay import Marks, overlay
from .portraits import portraits
from .side_views import side_views

__all__ = [
    "Marks",
    "body_picture",
    "contact_sheet",
    "gallery",
    "glb",
    "labelled_sheet",
    "overlay",
    "photograph_overlay",
    "png",
    "portraits",
    "prior_sheets",
    "side_views",
    "video_file",
]
