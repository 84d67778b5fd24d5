"""Draws in the editor of diagrams as a person does: with the mouse, the tools at an element, and the keyboard for names."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

USER_TASK = "append.append-task"
SERVICE_TASK = "append.append-service-task"
GATEWAY = "append.gateway"
END = "append.end-event"
FURTHER = 1.5  # widths of a step from one to the next


class Pen:
    """The hand of whoever draws on this page. Elements are named by their ids."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.wait_for_selector("[data-editor][data-ready=yes]")
        self.show_all()

    def choose(self, ident: str) -> None:
        """Let this element be the chosen one."""
        chosen = self.page.locator(f"[data-canvas] .djs-element.selected[data-element-id='{ident}']")
        for _ in range(3):
            # The tools of the element chosen before may lie over this one; and the click after a drag goes nowhere.
            self.page.locator("[data-canvas]").click(position={"x": 300, "y": 10})
            self.page.mouse.click(*self.corner(ident))
            if chosen.count():
                return
        expect(chosen).to_have_count(1)

    def rename(self, ident: str, name: str) -> None:
        self.choose(ident)
        self.page.keyboard.press("e")
        self.page.keyboard.press("Control+a")
        self._name(name)

    def remove(self, ident: str) -> None:
        self.choose(ident)
        self.page.keyboard.press("Delete")

    def append(self, source: str, tool: str, name: str = "", *, lane: str = "", further: float = 1) -> str:
        """One more element after this one, by a click to its right; with a lane it is dragged there. Answers its id."""
        self.choose(source)
        before = self._elements()
        if lane:
            goal = self.middle(lane)
            x = self.middle(source)[0] + further * FURTHER * self._box("Task_1")[2]
            self._tool(tool).hover()
            self.page.mouse.down()
            self.page.mouse.move(x - 10, goal[1], steps=4)
            self.page.mouse.move(x, goal[1], steps=2)
            self.page.mouse.up()
        else:
            self._tool(tool).click()
        if name:
            self._name(name)
        (made,) = {each for each in self._elements() - before if not each.endswith("_label")}
        return made

    def connect(self, source: str, target: str) -> str:
        """A flow from one to the other. Answers its id."""
        before = self._flows()
        self.choose(source)
        self._tool("connect").click()
        x, y = self.middle(target)
        self.page.mouse.move(x - 4, y)
        self.page.mouse.move(x, y)
        self.page.mouse.click(x, y)
        (made,) = self._flows() - before
        return made

    def show_all(self) -> None:
        self.page.locator("[data-act=fit]").click()

    def middle(self, ident: str) -> tuple[float, float]:
        x, y, width, height = self._box(ident)
        return x + width / 2, y + height / 2

    def corner(self, ident: str) -> tuple[float, float]:
        """A place on an element over which no flow leads; marks stand at its upper left."""
        x, y, width, height = self._box(ident)
        return x + width * 0.62, y + height * 0.72

    def field(self, ident: str, name: str) -> Locator:
        """A field of the panel, for an element."""
        self.choose(ident)
        return self.page.locator(f"#field-{name}")

    def _name(self, name: str) -> None:
        self.page.keyboard.type(name)
        self.page.keyboard.press("Enter")

    def _tool(self, name: str) -> Locator:
        return self.page.locator(f".djs-context-pad [data-action='{name}']")

    def _box(self, ident: str) -> tuple[float, float, float, float]:
        box = self.page.locator(f"[data-canvas] [data-element-id='{ident}'] .djs-visual").first.bounding_box()
        assert box is not None
        return box["x"], box["y"], box["width"], box["height"]

    def _elements(self) -> set[str]:
        return self._ids(".djs-shape")

    def _flows(self) -> set[str]:
        return self._ids(".djs-connection")

    def _ids(self, selector: str) -> set[str]:
        found: list[str] = self.page.locator(f"[data-canvas] {selector}").evaluate_all(
            "all => all.map((each) => each.dataset.elementId)"
        )
        return set(found)
