"""A person at a keyboard, without a mouse, who sees where they are."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

# More than the page or the board has of things to stop at.
_MOST_STOPS = 200
# Whether what has the focus looks different for it, and is on the screen. Null: nothing has it.
_IS_SEEN = """() => {
    const focused = document.activeElement;
    if (!focused || focused === document.body) return null;
    const look = () => {
        const style = getComputedStyle(focused);
        return ["outlineStyle", "outlineWidth", "boxShadow", "borderColor", "backgroundColor", "textDecorationLine"]
            .map(name => style[name]).join();
    };
    const seen = look();
    const box = focused.getBoundingClientRect();
    focused.blur();
    const unfocused = look();
    focused.focus({preventScroll: true});
    return seen !== unfocused && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
}"""


class Keyboard:
    def __init__(self, tab: Page) -> None:
        self._tab = tab
        # Colours that change slowly have not changed when the focus has.
        tab.emulate_media(reduced_motion="reduce")

    def press(self, *keys: str) -> None:
        for key in keys:
            self._tab.keyboard.press(key)

    def to(self, place: Locator, *, back: bool = False) -> None:
        """Goes on, or back, until this has the focus. The focus is seen at each stop."""
        place.wait_for()
        for _ in range(_MOST_STOPS):
            self.press("Shift+Tab" if back else "Tab")
            is_seen = self._tab.evaluate(_IS_SEEN)
            assert is_seen is not False, f"the focus is not seen: {self._focused()}"
            if self.has(place):
                return
        raise AssertionError(f"{place} can't be reached; the focus is on {self._focused()}")

    def has(self, place: Locator) -> bool:
        """Whether this has the focus."""
        return bool(place.evaluate("element => element === document.activeElement"))

    def type(self, field: Locator, text: str) -> None:
        """Goes to a field, and types in place of what it has."""
        self.to(field)
        self.press("Control+A")
        self._tab.keyboard.type(text)

    def choose(self, field: Locator, label: str) -> None:
        """Goes to a list, and down it to this choice."""
        self.to(field)
        for _ in range(field.locator("option").count()):
            if field.evaluate("list => list.selectedOptions[0].label") == label:
                return
            self.press("ArrowDown")
        raise AssertionError(f"{label} can't be reached")

    def use(self, button: Locator, key: str = "Enter") -> None:
        """Goes to a button or a link, and presses it."""
        self.to(button)
        self.press(key)

    def _focused(self) -> str:
        return str(self._tab.evaluate("() => document.activeElement.outerHTML.slice(0, 200)"))
