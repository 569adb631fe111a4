import os

import pytest

from edgenode.cli._stderr import without_tflite_greeting


def test_the_greeting_is_held_back_and_everything_else_let_out(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with without_tflite_greeting():
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n")
        os.write(2, b"F driver/usb/usb_driver.cc: a fault\n")

    assert capfd.readouterr().err == "F driver/usb/usb_driver.cc: a fault\n"


def test_what_is_said_before_an_exception_is_let_out(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        with without_tflite_greeting():
            os.write(2, b"the reason\n")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert capfd.readouterr().err == "the reason\n"
