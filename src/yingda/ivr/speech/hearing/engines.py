"""The engines of `worker`, each behind the same two classes: pocketsphinx, sherpa-onnx, Vosk.

A package is imported when its engine is loaded; one that is not there is a sentence that says what to install.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np

from yingda.ivr.grammar.model import Grammar
from yingda.ivr.speech.hearing.jsgf import jsgf, vocabulary
from yingda.ivr.speech.hearing.recogniser import readings
from yingda.ivr.speech.serving import Refusal

Readings: TypeAlias = list[tuple[str, float]]
UNKNOWN = "[unk]"
DITHER = 30.0
"""RMS of the noise (16-bit scale) that fills the band a telephone cuts off, for models of wide-band speech."""

LEAST_BYTES = 3_200
"""A tenth of a second: pocketsphinx does not survive an utterance of nothing."""


class Stream(Protocol):
    """One utterance."""

    def feed(self, samples: bytes) -> str | None:
        """What was understood so far, where that has changed."""
        ...

    def finish(self) -> Readings: ...


class Engine(Protocol):
    """A loaded model."""

    def begin(self, grammars: list[Grammar], language: str, nbest: int) -> Stream: ...


def load(engine: str, model: str, rate: int) -> Engine:
    """Raises Refusal `recogniser_package`, `recogniser_model`."""
    try:
        return _ENGINES[engine](model, rate)
    except ImportError as error:
        words = f"The package of {engine} is not installed: pip install 'yingda[speech]'."
        raise Refusal("recogniser_package", words) from error


# ---- pocketsphinx --------------------------------------------------------------------------------------------------


class _Sphinx:
    """Grammars only, and no partial results: an utterance is decoded when it is over. It measures no confidence."""

    def __init__(self, model: str, rate: int) -> None:
        import pocketsphinx

        folder = Path(model) if model else Path(pocketsphinx.get_model_path()) / "en-us"
        parts = {"hmm": next(iter(folder.glob("*/mdef")), None), "dict": next(iter(folder.glob("*.dict")), None)}
        if None in parts.values() or rate != 16_000:
            raise Refusal("recogniser_model", f"{folder} holds no model of pocketsphinx for 16 kHz: */mdef and *.dict.")
        config = pocketsphinx.Config(
            hmm=str(folder / str(parts["hmm"])[len(str(folder)) + 1 :].removesuffix("mdef")),
            dict=str(parts["dict"]), lm=None, loglevel="FATAL",
        )  # fmt: skip
        self.decoder = pocketsphinx.Decoder(config)

    def begin(self, grammars: list[Grammar], language: str, nbest: int) -> Stream:
        text = jsgf(grammars, lambda word: self.decoder.lookup_word(word) is not None)
        return _SphinxStream(self.decoder, text)


class _SphinxStream:
    def __init__(self, decoder: Any, grammar: str | None) -> None:
        self._decoder, self._grammar = decoder, grammar
        self._sound = bytearray()

    def feed(self, samples: bytes) -> str | None:
        self._sound += samples
        return None

    def finish(self) -> Readings:
        if self._grammar is None or len(self._sound) < LEAST_BYTES:
            return []
        decoder = self._decoder
        decoder.add_jsgf_string("flow", self._grammar)
        decoder.activate_search("flow")
        samples = np.frombuffer(bytes(self._sound), "<i2").astype(np.float64)
        samples += np.random.default_rng(len(samples)).normal(0, DITHER, len(samples))
        decoder.start_utt()
        decoder.process_raw(np.clip(np.rint(samples), -32_768, 32_767).astype("<i2").tobytes(), full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        return [(found.hypstr, 1.0)] if found is not None and found.hypstr else []


# ---- sherpa-onnx ---------------------------------------------------------------------------------------------------


class _Sherpa:
    """Streaming transducers, paraformers and CTC models; the confidence is the mean over tokens, where there is one."""

    def __init__(self, model: str, rate: int) -> None:
        import sherpa_onnx

        folder = Path(model)
        self._rate = rate
        found = {part: _onnx(folder, part) for part in ("encoder", "decoder", "joiner", "ctc", "model")}
        shared = {"tokens": str(folder / "tokens.txt"), "num_threads": 1}
        online = sherpa_onnx.OnlineRecognizer
        if not (folder / "tokens.txt").is_file():
            raise Refusal("recogniser_model", f"{folder} holds no model of sherpa-onnx: there is no tokens.txt.")
        try:
            if found["encoder"] and found["decoder"] and found["joiner"]:
                parts = {part: found[part] for part in ("encoder", "decoder", "joiner")}
                self.recogniser = online.from_transducer(**shared, **parts)
            elif found["encoder"] and found["decoder"]:
                self.recogniser = online.from_paraformer(**shared, encoder=found["encoder"], decoder=found["decoder"])
            elif found["ctc"] or found["model"]:
                self.recogniser = online.from_zipformer2_ctc(**shared, model=found["ctc"] or found["model"])
            else:
                raise Refusal("recogniser_model", f"{folder} holds no streaming model of sherpa-onnx.")
        except (RuntimeError, ValueError, AssertionError) as error:
            raise Refusal("recogniser_model", f"sherpa-onnx cannot use the model in {folder}: {error}") from error

    def begin(self, grammars: list[Grammar], language: str, nbest: int) -> Stream:
        return _SherpaStream(self.recogniser, self._rate)


class _SherpaStream:
    def __init__(self, recogniser: Any, rate: int) -> None:
        self._recogniser, self._rate = recogniser, rate
        self._stream = recogniser.create_stream()
        self._said = ""

    def feed(self, samples: bytes) -> str | None:
        self._stream.accept_waveform(self._rate, np.frombuffer(samples, "<i2").astype(np.float32) / 32_768)
        return self._decoded()

    def _decoded(self) -> str | None:
        while self._recogniser.is_ready(self._stream):
            self._recogniser.decode_stream(self._stream)
        text = str(self._recogniser.get_result(self._stream))
        changed, self._said = text != self._said, text
        return text if changed else None

    def finish(self) -> Readings:
        self._stream.accept_waveform(self._rate, np.zeros(self._rate // 2, np.float32))  # so that its end is decoded
        self._stream.input_finished()
        self._decoded()
        logs = list(self._recogniser.ys_probs(self._stream))
        confidence = math.exp(sum(logs) / len(logs)) if logs else 1.0
        return [(self._said.strip(), min(1.0, confidence))] if self._said.strip() else []


def _onnx(folder: Path, part: str) -> str:
    """A part of a model, the one of full precision before the one of eight bits."""
    found = sorted(folder.glob(f"*{part}*.onnx"), key=lambda path: (".int8." in path.name, path.name))
    return str(found[0]) if found else ""


# ---- Vosk ----------------------------------------------------------------------------------------------------------


class _Vosk:
    """The grammar's words narrow what an English model listens for; Chinese models cut words in their own way."""

    def __init__(self, model: str, rate: int) -> None:
        import vosk

        vosk.SetLogLevel(-1)
        self._vosk, self._rate = vosk, rate
        try:
            self._model = vosk.Model(model_path=model)
        except Exception as error:  # the package's own, and nothing narrower
            raise Refusal("recogniser_model", f"Vosk cannot use the model in {model}.") from error

    def begin(self, grammars: list[Grammar], language: str, nbest: int) -> Stream:
        words = vocabulary(grammars) if language.startswith("en") else []
        narrow = [json.dumps([*words, UNKNOWN])] if words else []
        recogniser = self._vosk.KaldiRecognizer(self._model, float(self._rate), *narrow)
        recogniser.SetWords(True)
        if nbest > 1:
            recogniser.SetMaxAlternatives(nbest)
        return _VoskStream(recogniser, nbest)


class _VoskStream:
    def __init__(self, recogniser: Any, nbest: int) -> None:
        self._recogniser, self._nbest = recogniser, nbest
        self._said = ""
        self._pieces: list[Readings] = []

    def feed(self, samples: bytes) -> str | None:
        if self._recogniser.AcceptWaveform(samples):
            self._keep(self._recogniser.Result())
            text = ""
        else:
            text = str(json.loads(self._recogniser.PartialResult()).get("partial", ""))
        whole = " ".join([*(piece[0][0] for piece in self._pieces), text]).strip()
        changed, self._said = whole != self._said, whole
        return whole if changed else None

    def _keep(self, answer: str) -> None:
        found = [(one.text, one.confidence) for one in readings(json.loads(answer), self._nbest)]
        if found:
            self._pieces.append(found)

    def finish(self) -> Readings:
        self._keep(self._recogniser.FinalResult())
        if len(self._pieces) == 1:
            return self._pieces[0]
        bests = [piece[0] for piece in self._pieces]
        return [(" ".join(text for text, _ in bests), min(score for _, score in bests))] if bests else []


_ENGINES: dict[str, Callable[[str, int], Engine]] = {"pocketsphinx": _Sphinx, "sherpa": _Sherpa, "vosk": _Vosk}
