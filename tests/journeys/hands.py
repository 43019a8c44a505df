"""Two ways to use the elements of a page: with a pointer, and by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final, Protocol

from playwright.sync_api import FilePayload, Locator

_MOST_TABS: Final = 800
_MOST_OPTIONS: Final = 300
_IS_FOCUSED: Final = "element => element === document.activeElement"
#: Whether an element has an outline or a shadow with a width.
_SHOWS_FOCUS: Final = """element => {
    const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(element);
    return outlineStyle !== 'none' && outlineWidth !== '0px' || /[1-9][0-9.]*px/.test(boxShadow);
}"""
_TYPE: Final = "element => element.type || ''"


class Hands(Protocol):
    """The acts on an element. An element that cannot be used so raises AssertionError or a time-out."""

    def press(self, element: Locator) -> None:
        """Press a link, a button or the summary of details."""

    def check(self, element: Locator) -> None:
        """Check a box or a radio button."""

    def fill(self, element: Locator, value: str) -> None:
        """Replace the value of a field. Days are YYYY-MM-DD, hours HH:MM."""

    def choose(self, element: Locator, value: str) -> None:
        """Choose the option of a list that has this value."""

    def attach(self, element: Locator, file: FilePayload) -> None:
        """Choose a file in a field for files."""


class Pointer:
    """The hands of a person with a pointer."""

    def press(self, element: Locator) -> None:
        """Click."""
        element.click()

    def check(self, element: Locator) -> None:
        """Click a box that is not checked."""
        element.check()

    def fill(self, element: Locator, value: str) -> None:
        """Set the value."""
        element.fill(value)

    def choose(self, element: Locator, value: str) -> None:
        """Set the option."""
        element.select_option(value)

    def attach(self, element: Locator, file: FilePayload) -> None:
        """Set the file."""
        element.set_input_files(file)


class Keyboard:
    """The hands of a person that has no pointer: Tab to an element that then shows the focus, and keys."""

    def press(self, element: Locator) -> None:
        """Press Enter."""
        _reach(element)
        element.press("Enter")

    def check(self, element: Locator) -> None:
        """Press the space bar on a box; go from the chosen one of several radio buttons to this one."""
        if element.is_checked():
            return
        if element.evaluate(_TYPE) != "radio":
            _reach(element)
            element.press("Space")
            return
        _reach(element.page.locator(f"input[name={element.get_attribute('name')}]:checked"))
        for _ in range(_MOST_OPTIONS):
            if element.is_checked():
                return
            element.page.keyboard.press("ArrowDown")
        raise AssertionError("the radio button is not reached by keyboard")

    def fill(self, element: Locator, value: str) -> None:
        """Type over the present value. Days and hours are tried in the orders that browsers have."""
        kind = element.evaluate(_TYPE)
        for keys in _keys(kind, value):
            _reach(element)
            if kind not in ("date", "time"):
                element.press("ControlOrMeta+a")
                element.press("Delete")
            element.page.keyboard.type(keys)
            if element.input_value() == value:
                return
            _leave(element)
        raise AssertionError(f"a field of type {kind} does not take the value by keyboard")

    def choose(self, element: Locator, value: str) -> None:
        """Press the arrow down until the option is chosen."""
        _reach(element)
        element.press("Home")
        for _ in range(_MOST_OPTIONS):
            if element.input_value() == value:
                return
            element.press("ArrowDown")
        raise AssertionError("the option is not reached by keyboard")

    def attach(self, element: Locator, file: FilePayload) -> None:
        """Open the window of files with Enter, and choose the file there."""
        _reach(element)
        with element.page.expect_file_chooser() as chooser:
            element.press("Enter")
        chooser.value.set_files(file)


POINTER: Final = Pointer()
BY_KEYBOARD: Final = Keyboard()


def _reach(element: Locator) -> None:
    """Press Tab until the element has the focus, and see that it shows it."""
    for _ in range(_MOST_TABS):
        if element.evaluate(_IS_FOCUSED):
            assert element.evaluate(_SHOWS_FOCUS), "the focus is not visible"
            return
        element.page.keyboard.press("Tab")
    raise AssertionError("the element is not reached by keyboard")


def _leave(element: Locator) -> None:
    """Go back out of a field, which for a day or an hour has several parts."""
    while element.evaluate(_IS_FOCUSED):
        element.page.keyboard.press("Shift+Tab")


def _keys(kind: Any, value: str) -> Iterator[str]:
    """Yield the keys for a value, of a day or an hour in the orders that browsers have for languages."""
    if kind == "date":
        day = date.fromisoformat(value)
        yield from (day.strftime(order) for order in ("%m%d%Y", "%d%m%Y"))
    elif kind == "time":
        plain = value.replace(":", "")
        yield from (plain, f"{plain}A", f"{plain}P")
    else:
        yield value
