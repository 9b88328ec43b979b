"""What is made of a picture: small ones for pages, a marked one to show, and a first judgement."""
import io
import warnings

from PIL import Image, ImageDraw, ImageOps, UnidentifiedImageError

SIDES = (64, 256, 1024)
# A picture of more points is not opened: a small file can hold an endless one.
Image.MAX_IMAGE_PIXELS = 50_000_000
warnings.simplefilter("error", Image.DecompressionBombWarning)


def open_picture(data):
    """The picture upright and in plain colours. Raises an error for anything else."""
    try:
        picture = Image.open(io.BytesIO(data))
    except UnidentifiedImageError:
        raise ValueError("it is no picture") from None
    picture.load()
    return ImageOps.exif_transpose(picture).convert("RGB")


def judgement(picture):
    """Why somebody should look at it before others do; None when nothing speaks against it.

    It looks at the points: almost one colour is an empty or broken picture, and where most points have the colour of skin,
    a person decides. A real service is better at this: ask it here.
    """
    small = picture.resize((64, 64))
    lightness = small.convert("L").getextrema()
    if lightness[1] - lightness[0] < 8:
        return "it is almost one colour"
    points = small.convert("YCbCr").getdata()
    skin = sum(1 for _, blue, red in points if 77 <= blue <= 127 and 133 <= red <= 173)
    if skin > 0.6 * len(points):
        return "most of it has the colour of skin"
    return None


def small_ones(picture):
    """(side, bytes of a JPEG) for each side that is smaller than the picture; the smallest always."""
    for side in SIDES:
        if side > max(picture.size) and side != SIDES[0]:
            return
        small = picture.copy()
        small.thumbnail((side, side))
        yield side, _jpeg(small)


def marked(picture, words):
    """The picture, at most as large as it is shown, with words in its corner."""
    shown = picture.copy()
    shown.thumbnail((SIDES[-1], SIDES[-1]))
    draw = ImageDraw.Draw(shown, "RGBA")
    left, top, right, bottom = draw.textbbox((0, 0), words)
    at = (shown.width - (right - left) - 8, shown.height - (bottom - top) - 8)
    draw.rectangle((at[0] - 4, at[1] - 4, shown.width, shown.height), fill=(0, 0, 0, 128))
    draw.text(at, words, fill=(255, 255, 255, 230))
    return _jpeg(shown)


def _jpeg(picture):
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()
