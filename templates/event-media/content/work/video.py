"""What is made of a video: what it is, a picture of it, and a small version. Needs the program ffmpeg."""
import json
import os
import shutil
import subprocess
import tempfile

ENDINGS = (".mp4", ".mov", ".webm", ".mkv")


def make(data):
    """(facts, bytes of a JPEG, bytes of an MP4)."""
    if not shutil.which("ffmpeg"):
        raise RuntimeError("videos need the program ffmpeg; on Alibaba Cloud a layer or an image brings it along")
    with tempfile.TemporaryDirectory() as folder:
        def run(program, *words):
            ran = subprocess.run([program, "-v", "error", *words], cwd=folder, capture_output=True, timeout=100)
            if ran.returncode:
                raise ValueError(ran.stderr.decode(errors="replace").strip()[-500:] or "%s failed" % program)
            return ran.stdout

        def content(name):
            with open(os.path.join(folder, name), "rb") as file:
                return file.read()

        with open(os.path.join(folder, "video"), "wb") as file:
            file.write(data)
        facts = json.loads(run("ffprobe", "-show_format", "-show_streams", "-of", "json", "video"))
        seconds = float(facts["format"].get("duration", 0))
        picture = next((stream for stream in facts["streams"] if stream["codec_type"] == "video"), None)
        if picture is None:
            raise ValueError("there are no pictures in it")
        run("ffmpeg", "-ss", str(seconds / 3), "-i", "video", "-frames:v", "1", "-q:v", "4", "poster.jpg")
        run("ffmpeg", "-i", "video", "-vf", "scale=-2:'min(480,ih)'", "-movflags", "+faststart", "small.mp4")
        known = {"seconds": seconds, "width": picture["width"], "height": picture["height"]}
        return known, content("poster.jpg"), content("small.mp4")
