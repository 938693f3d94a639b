"""Scene parameters to images: orthographic view, one exemplar's images traced together."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from italign.stimuli.looks import Looks, studio_looks
from italign.stimuli.objects import Solid, load_object
from italign.stimuli.scenes import Poses
from italign.stimuli.sdf import rotation_matrix, signed_distance
from italign.stimuli.shading import albedo, occlusion, shade, surface_normal, texture
from italign.stimuli.tracing import trace

OBJECT_DEGREES = 5.6     # ASSUME: diameter of the bounding sphere at size 1
RAYS_PER_BATCH = 65536   # fewer, larger calls: below 16384 torch's cost per call dominates
IMAGES_PER_BATCH = 128
LUMA = (0.299, 0.587, 0.114)


def render(objects: Sequence[str], poses: Poses, looks: Looks | None = None,
           backgrounds: np.ndarray | None = None, image_px: int = 64,
           image_degrees: float = 8.0) -> np.ndarray:
    """Render one object per image (paper 2.1).

    Parameters
    ----------
    objects : sequence of str
        Exemplar of each image, e.g. ``"bear_1"``.
    poses : Poses
        Rotation, position and size of each.
    looks : Looks, optional
        Light and paint; studio light and grey images if left out.
    backgrounds : ndarray, optional
        (n, image_px, image_px, 3) uint8; mid-grey if left out.
    image_px : int
        Side of the images.
    image_degrees : float
        Visual angle of the side.

    Returns
    -------
    ndarray
        (n, y, x, channel) uint8, RGB.

    Raises
    ------
    ValueError
        If an object is unknown or the inputs differ in number.
    """
    objects = np.asarray(objects)
    looks = studio_looks(len(objects)) if looks is None else looks
    shape = (len(objects), image_px, image_px, 3)
    images = np.full(shape, 128, np.uint8) if backgrounds is None else backgrounds.copy()
    if images.shape != shape or len(poses.size) != len(objects):
        raise ValueError(f"{len(objects)} objects of {image_px} px need as many poses and "
                         f"backgrounds; found {len(poses.size)} and {images.shape}")
    grid = _pixel_centres(image_px, image_degrees)
    for name in np.unique(objects):
        members = np.flatnonzero(objects == name)
        for start in range(0, len(members), IMAGES_PER_BATCH):
            rows = members[start:start + IMAGES_PER_BATCH]
            images[rows] = _paint(load_object(str(name)), rows, poses, looks, images[rows], grid)
    return images


def _pixel_centres(image_px: int, image_degrees: float) -> tuple[Tensor, Tensor, float]:
    pixel_deg = image_degrees / image_px
    line = (torch.arange(image_px) - (image_px - 1) / 2) * pixel_deg
    up, right = torch.meshgrid(-line, line, indexing="ij")
    return right.flatten(), up.flatten(), pixel_deg


def _paint(solid: Solid, rows: np.ndarray, poses: Poses, looks: Looks, images: np.ndarray,
           grid: tuple) -> np.ndarray:
    """Paint one exemplar into the images (n, y, x, 3) of the scenes `rows`."""
    canvas = torch.from_numpy(images).flatten(0, 2).float()
    camera = _camera(solid, rows, poses, looks)
    for rays in _rays_at_sphere(camera, grid).split(RAYS_PER_BATCH):
        pixels, colour, coverage = _trace_and_shade(solid, camera, rays, grid)
        canvas[pixels] = torch.lerp(canvas[pixels], 255 * colour, coverage[:, None])
    return canvas.round_().to(torch.uint8).reshape(images.shape).numpy()


def _camera(solid: Solid, rows: np.ndarray, poses: Poses, looks: Looks) -> dict[str, Tensor]:
    """Per image: where the object is, and directions and colours of the light, in its frame."""
    def rotation(degrees):
        return rotation_matrix(torch.as_tensor(degrees, dtype=torch.float64))

    turn = rotation(poses.rotation_deg[rows]) @ rotation([solid.view_deg])
    to_object = turn.transpose(1, 2).float()
    look = {name: torch.as_tensor(value[rows]) for name, value in vars(looks).items()}
    look = {name: v if v.dtype == torch.bool else v.float() for name, v in look.items()}
    return look | {
        "right": to_object[:, :, 0], "up": to_object[:, :, 1], "back": to_object[:, :, 2],
        "light": (to_object @ look["light_direction"][:, :, None])[:, :, 0],
        "position": torch.as_tensor(poses.position_deg[rows]).float(),
        "units_per_deg": 2 * solid.radius / OBJECT_DEGREES
        / torch.as_tensor(poses.size[rows]).float(),
        "radius": torch.tensor(solid.radius),
    }


def _rays_at_sphere(camera: dict[str, Tensor], grid: tuple) -> Tensor:
    """Flat indices (image * pixels + pixel) of the pixels that the bounding sphere may touch."""
    right, up, pixel_deg = grid
    x = right - camera["position"][:, :1]
    y = up - camera["position"][:, 1:]
    reach = camera["radius"] / camera["units_per_deg"][:, None] + pixel_deg / 2
    return (x * x + y * y < reach * reach).flatten().nonzero().squeeze(1)


def _trace_and_shade(solid: Solid, camera: dict[str, Tensor], rays: Tensor, grid: tuple):
    """Pixels that the object touches, their colour (n, 3) in [0, 1] and coverage (n,)."""
    distance = partial(signed_distance, solid.parts)
    image = rays // len(grid[0])
    origin, length, pixel = _ray_starts(solid, camera, rays, grid)
    forward = -camera["back"][image]
    depth, coverage = trace(distance, origin, forward.T.contiguous(), length, pixel)
    seen = coverage > 0
    image, depth, forward = image[seen], depth[seen], forward[seen]
    points = [o[seen] + depth * d for o, d in zip(origin, forward.T, strict=True)]
    local = {name: value[image] for name, value in camera.items() if value.ndim}
    normal = surface_normal(distance, points)
    paint = albedo(solid.parts, points) * local["tint"]
    paint = paint * texture(points, local["texture_frequency"], local["texture_amplitude"])
    colour = shade(paint, normal, occlusion(distance, points, normal), local["light"], -forward,
                   local["up"], local["light_colour"], local["ambient_colour"])
    luma = (colour @ torch.tensor(LUMA))[:, None].expand(-1, 3)
    return rays[seen], torch.where(local["grey"][:, None], luma, colour), coverage[seen]


def _ray_starts(solid: Solid, camera: dict[str, Tensor], rays: Tensor, grid: tuple):
    """Points where rays enter the bounding sphere, length inside it, pixel size; object units."""
    right, up, pixel_deg = grid
    image, pixel = rays // len(right), rays % len(right)
    scale = camera["units_per_deg"][image]
    x = (right[pixel] - camera["position"][image, 0]) * scale
    y = (up[pixel] - camera["position"][image, 1]) * scale
    near = (camera["radius"] ** 2 - x * x - y * y).clamp(min=0).sqrt()
    start = x[:, None] * camera["right"][image] + y[:, None] * camera["up"][image]
    start = start + near[:, None] * camera["back"][image] + torch.tensor(solid.centre)
    return start.T.contiguous(), 2 * near, pixel_deg * scale
