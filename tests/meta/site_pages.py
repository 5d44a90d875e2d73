"""The site in a browser, at the widths of a telephone and of a desk, light and dark: what tests/meta/site asks of each page that is rendered. One headless Chromium for all."""
import os
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

WIDTHS = (390, 1280)
# What of a page is wider than the window or the box that should scroll; and text that is hard to read on what is behind it (WCAG 2.1 AA: 4.5 to 1).
LOOK = """
const found = [];
const width = document.documentElement.clientWidth;
if (width !== arguments[0]) found.push(`it is ${width} wide`);
if (document.documentElement.scrollWidth > width) {
    for (const element of document.body.querySelectorAll('*')) {
        const box = element.getBoundingClientRect();
        if (box.right > width + 1 && !element.closest('pre, .wide')) found.push(`${element.tagName} is ${Math.round(box.right)} wide: ${element.textContent.trim().slice(0, 60)}`);
    }
    found.push(`the page is ${document.documentElement.scrollWidth} wide`);
}
return found.slice(0, 5);
"""
READ = """
const channels = (text) => text.match(/[\\d.]+/g).map(Number);
const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, part, i) => {
    const v = c[i] / 255;
    return sum + part * (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
}, 0);
const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
        const c = channels(getComputedStyle(e).backgroundColor);
        if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
};
const found = new Set();
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
    if (!walk.currentNode.data.trim()) continue;
    const element = walk.currentNode.parentElement;
    const [text, back] = [channels(getComputedStyle(element).color), behind(element)];
    const [a, b] = [light(text), light(back)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.add(`${text} on ${back} is ${ratio.toFixed(2)} to 1: ${element.tagName}`);
}
return [[...found].slice(0, 5), getComputedStyle(document.body).backgroundColor];
"""


class Browser:
    def __init__(self, folder):
        options = webdriver.ChromeOptions()
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", f"--user-data-dir={folder}"):
            options.add_argument(argument)
        options.binary_location = "/usr/bin/chromium"
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)

    def width(self, width, height=900):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})

    def scheme(self, name):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": name}]})

    def said(self):
        return [f"{entry['level']}: {entry['message']}" for entry in self.driver.get_log("browser")]

    def look(self, path):
        """What is wrong with a page: each complaint a text."""
        complaints, backs = [], []
        self.width(WIDTHS[0])
        self.scheme("light")
        self.driver.get("file://" + path)
        for width in WIDTHS:
            self.width(width)
            complaints += [f"{width}: {what}" for what in self.driver.execute_script(LOOK, width)]
        for scheme in ("light", "dark"):
            self.scheme(scheme)
            found, back = self.driver.execute_script(READ)
            complaints += [f"{scheme}: {what}" for what in found]
            backs.append(back)
        if backs[0] == backs[1]:
            complaints.append(f"light and dark are both {backs[0]}")
        return complaints + self.said()

    def picture(self, path, image, width, scheme="light"):
        self.width(width, 1400)
        self.scheme(scheme)
        self.driver.get("file://" + path)
        self.driver.save_screenshot(image)


def look_at(folder, names):
    """The complaints of all pages, each with the page's name."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        try:
            return [f"{name}: {what}" for name in names for what in browser.look(os.path.join(folder, name))]
        finally:
            browser.driver.quit()
