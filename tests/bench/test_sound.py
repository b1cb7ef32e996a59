"""Tones survive G.711 and WAV, and levels say what they claim; streams are laid out by their timestamps."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from bench.machine import cpu_model, machine
from bench.peers.pcap import Datagram, Packet, datagrams, heard, rtp
from bench.sound import RATE, TABLES, Law, decode, encode, level, read_wav, strongest_beside, tone, write_wav

LAWS: tuple[Law, ...] = ("PCMA", "PCMU")


@pytest.mark.parametrize("law", LAWS)
def test_every_code_comes_back_as_the_same_value(law: Law) -> None:
    every = TABLES[law]
    assert (decode(encode(every, law), law) == every).all()


def test_known_values_of_g711() -> None:
    assert decode(b"\xff\x7f\x80\x00", "PCMU").tolist() == [0, 0, 32124, -32124]
    assert decode(b"\xd5\x55\xaa\x2a", "PCMA").tolist() == [8, -8, 32256, -32256]


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("dbfs", [-6.0, -12.0, -30.0])
def test_a_tone_keeps_its_level_and_stands_alone(law: Law, dbfs: float) -> None:
    after = decode(encode(tone(450, 2, dbfs), law), law)
    assert level(after, 450) == pytest.approx(dbfs, abs=0.3)
    assert strongest_beside(after, 450)[0] < dbfs - 35


def test_a_second_tone_is_found_with_its_frequency() -> None:
    both = tone(450, 2, -12) + tone(1510, 2, -40)
    found, hz = strongest_beside(both, 450)
    assert found == pytest.approx(-40, abs=0.3)
    assert hz == pytest.approx(1510, abs=1)


def test_nothing_to_hear_is_silence() -> None:
    assert level(np.zeros(0, dtype=np.int16), 450) == -120
    assert strongest_beside(np.zeros(RATE, dtype=np.int16), 450)[0] == -120


def test_a_wav_is_read_back(tmp_path: Path) -> None:
    file = tmp_path / "tone.wav"
    write_wav(file, tone(450, 1))
    wav = read_wav(file)
    assert (wav.rate, wav.seconds) == (RATE, 1.0)
    assert (wav.channels[0] == tone(450, 1)).all()


def test_a_stereo_ulaw_wav_is_taken_apart(tmp_path: Path) -> None:
    left, right = encode(tone(450, 1), "PCMU"), encode(tone(1510, 1), "PCMU")
    body = bytes(byte for pair in zip(left, right, strict=True) for byte in pair)
    form = struct.pack("<HHIIHHH", 7, 2, RATE, 2 * RATE, 2, 8, 0)
    head = b"RIFF" + struct.pack("<I", 50 + len(body)) + b"WAVEfmt " + struct.pack("<I", len(form)) + form
    (tmp_path / "two.wav").write_bytes(
        head + b"fact\x04\x00\x00\x00\x40\x1f\x00\x00data" + struct.pack("<I", len(body)) + body
    )
    wav = read_wav(tmp_path / "two.wav")
    assert wav.channels.shape == (2, RATE)
    assert level(wav.channels[0], 450) > -13
    assert level(wav.channels[1], 1510) > -13


@pytest.mark.parametrize(
    "raw", [b"", b"not a wav at all", b"RIFF\x04\x00\x00\x00WAVE", b"RIFF\x10\x00\x00\x00WAVEfmt \x10"]
)
def test_what_is_no_wav_is_refused_with_a_sentence(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "bad.wav").write_bytes(raw)
    with pytest.raises(ValueError, match=r"bad\.wav (is not|has no)"):
        read_wav(tmp_path / "bad.wav")


def _packet(number: int, at: int, value: int, ssrc: int = 1) -> Packet:
    timestamp = (2**32 - 160 + number * 160) % 2**32  # wraps after the first packet
    return Packet(at, number, timestamp, ssrc, np.full(160, value, dtype=np.int16))


def test_a_stream_is_laid_out_by_its_timestamps() -> None:
    packets = [_packet(0, 0, 1), _packet(2, 40_000, 3), _packet(1, 41_000, 2), _packet(4, 80_000, 5)]
    line = heard(packets, 0, 100_000)
    assert line[::160].tolist() == [1, 2, 3, 0, 5]


def test_only_the_main_stream_of_the_span_is_heard() -> None:
    packets = [_packet(0, 0, 1), _packet(1, 20_000, 2), _packet(7, 25_000, 9, ssrc=2), _packet(2, 40_000, 3)]
    assert heard(packets, 20_000, 60_000)[::160].tolist() == [2, 3]
    assert len(heard(packets, 60_000, 90_000)) == 0


def test_rtp_is_told_from_other_datagrams() -> None:
    def read(payload: bytes) -> Packet | None:
        return rtp(Datagram(7, ("127.0.0.1", 4000), ("127.0.0.2", 5000), payload))

    voice = struct.pack("!BBHII", 0x80, 0x88, 9, 160, 77) + b"\xd5" * 160
    packet = read(voice)
    assert packet is not None
    assert (packet.at, packet.sequence, packet.timestamp, packet.ssrc, len(packet.samples)) == (7, 9, 160, 77, 160)
    extended = struct.pack("!BBHII", 0x90, 0, 9, 160, 77) + struct.pack("!HHI", 1, 1, 0) + b"\xff" * 80
    packet = read(extended)
    assert packet is not None
    assert len(packet.samples) == 80
    for other in (b"", b"OPTIONS sip:x SIP/2.0", voice[:8], b"\x80\x65" + voice[2:], b"\x90" + voice[1:12] + b"\x00"):
        assert read(other) is None


def test_a_capture_that_is_cut_off_is_read_to_the_cut(tmp_path: Path) -> None:
    frame = bytes(12) + b"\x08\x00" + b"\x45" + bytes(8) + b"\x11" + bytes(2) + bytes([127, 0, 0, 2, 127, 0, 0, 1])
    frame += struct.pack("!HHHH", 5000, 4000, 8 + 3, 0) + b"abc"
    head = b"\xd4\xc3\xb2\xa1" + struct.pack("<HHIIII", 2, 4, 0, 0, 65_535, 1)
    record = struct.pack("<IIII", 5, 6, len(frame), len(frame)) + frame
    file = tmp_path / "x.pcap"
    file.write_bytes(head + record + record[:-1])
    assert list(datagrams(file)) == [Datagram(5_000_006, ("127.0.0.2", 5000), ("127.0.0.1", 4000), b"abc")]
    file.write_bytes(b"something else entirely, long enough")
    with pytest.raises(ValueError, match="not a capture"):
        list(datagrams(file))


def test_the_machine_is_stated() -> None:
    stated = machine()
    assert isinstance(stated["cores"], int)
    assert stated["cores"] >= 1
    assert stated["cpu"]
    assert str(stated["python"]).startswith("CPython 3.")
    assert cpu_model("processor\t: 0\nmodel name\t: Fast   One\n") == "Fast One"
