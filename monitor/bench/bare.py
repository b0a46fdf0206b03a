"""The same libraries called bare: OpenCV decodes, MediaPipe finds landmarks, OpenCV crops, ONNX Runtime scores.

By their public calls and with vigil's settings (one face followed in VIDEO mode, as many threads), on the same
pictures: the face of the bench recordings is so large that the window in which vigil follows it is the whole picture.
No records, no search for others, no second look at a face, no judgement, no output.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from models.bundle import Bundle
from models.native_reports import keep_reports_here
from models.preprocess import CROP_PX, anchors, similarity
from monitor.stage_clock import StageClock

_EYES_AND_NOSE = np.array([[0.34, 0.37], [0.66, 0.37], [0.50, 0.60]]) * CROP_PX


def bare_loop(recording: Path, asset: Path, bundle: Bundle, *, faces: int, threads: int) -> dict[str, float]:
    """Milliseconds a frame for decode, landmarks, crop, classify.

    ``faces`` is the most faces that MediaPipe looks for, ``threads`` those of ONNX Runtime: as vigil sets them.
    """
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    from models.onnx_runtime import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(bundle.graph), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    landmarker_options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(asset)),
        running_mode=vision.RunningMode.VIDEO,
        num_faces=faces,
    )
    clock = StageClock()
    frames = 0
    capture = cv2.VideoCapture(str(recording), cv2.CAP_FFMPEG)
    keep_reports_here()
    with vision.FaceLandmarker.create_from_options(landmarker_options) as landmarker:
        while True:
            with clock.stage("decode"):
                decoded, picture = capture.read()
            if not decoded:
                break
            at_ms = round(capture.get(cv2.CAP_PROP_POS_MSEC))
            with clock.stage("landmarks"):
                image = mediapipe.Image(
                    image_format=mediapipe.ImageFormat.SRGB, data=cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
                )
                found = landmarker.detect_for_video(image, max(at_ms, frames)).face_landmarks
            frames += 1
            if not found:
                continue
            height, width = picture.shape[:2]
            with clock.stage("crop"):
                landmarks = np.array([(point.x * width, point.y * height) for point in found[0]], dtype=np.float32)
                to_crop = similarity(anchors(landmarks), _EYES_AND_NOSE)
                crop = cv2.warpAffine(picture, to_crop, (CROP_PX, CROP_PX), flags=cv2.INTER_LINEAR)
            with clock.stage("classify"):
                grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY).astype(np.float32)
                session.run(None, {name: ((grey - grey.mean()) / max(float(grey.std()), 8.0))[None, None]})
    return {stage: durations.sum_ms / max(frames, 1) for stage, durations in clock.stages.items()}
