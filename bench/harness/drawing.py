"""Draws the figures as one SVG: a bar for the subject, marks for the others, a line where the reference is.

Lengths are ratios to the reference, so rows of different units share one scale; shorter is better throughout.
"""
from html import escape

WIDTH, LEFT, RIGHT, LINE, MARGIN = 900, 290, 190, 25, 28
INK, PALE, GRID, ACCENT, SOFT = "#1f2933", "#6b7785", "#e4e8ec", "#1f6feb", "#0b3d91"
MARKS = ["#d97706", "#0f9d76", "#9b51e0", "#c2410c", "#64748b"]
FONT = "font-family=\"-apple-system,'Segoe UI',Helvetica,Arial,sans-serif\""
PANELS = [("load", "Server CPU time an operation"), ("rate", "The same at a fixed rate"),
          ("types", "Server CPU time an operation on collections"), ("handover", "Blocked clients"),
          ("memory", "Resident memory a key"), ("threads", "CPU time an operation: two I/O threads against one")]
FACTS = ("idle", "stall", "trace")


class Canvas:
    def __init__(self):
        self.parts, self.y = [], MARGIN

    def text(self, x, y, text, size=12, colour=INK, anchor="start", weight="normal"):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}" '
                          f'font-weight="{weight}">{escape(text)}</text>')

    def box(self, x, y, width, height, colour, radius=2.0):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" '
                          f'rx="{radius}" fill="{colour}"/>')

    def line(self, x1, y1, x2, y2, colour, width=1.0, dash=""):
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
                          f'stroke-width="{width}"{dashes}/>')

    def dot(self, x, y, colour):
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#ffffff" stroke="{colour}" '
                          'stroke-width="2"/>')

    def finish(self):
        height = self.y + MARGIN / 2
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" '
                f'viewBox="0 0 {WIDTH} {height:.0f}" {FONT}>\n<rect width="100%" height="100%" fill="#ffffff"/>\n'
                + "\n".join(self.parts) + "\n</svg>\n")


class Scale:
    """Ratios to places: 0 at the labels, a little over the largest ratio at the right."""

    def __init__(self, largest):
        self.largest = min(max(1.25, largest * 1.05), 3.0)  # what lies beyond is drawn at the edge

    def x(self, ratio):
        return LEFT + min(ratio, self.largest) / self.largest * (WIDTH - LEFT - RIGHT)

    def steps(self):
        step = 0.25 if self.largest <= 2 else 0.5
        return [step * index for index in range(int(self.largest / step) + 1)]


def draw(figures, labels, document):
    subject, reference = document["subject"], document["reference"]
    others = [name for name in labels if name not in (subject, reference)]
    colours = dict(zip(others, MARKS))
    canvas = Canvas()
    draw_head(canvas, labels, subject, reference, colours, document)
    for kind, title in PANELS:
        chosen = [figure for figure in figures if figure.row.kind == kind]
        if kind == "threads":
            draw_threads(canvas, title, chosen, labels, subject, reference)
        elif chosen:
            draw_panel(canvas, title, chosen, labels, subject, reference, colours)
    draw_facts(canvas, [figure for figure in figures if figure.row.kind in FACTS], labels, subject)
    draw_foot(canvas, document)
    return canvas.finish()


def draw_head(canvas, labels, subject, reference, colours, document):
    canvas.text(MARGIN, canvas.y + 8, f"{labels.get(subject, subject)} beside {labels.get(reference, reference)}", 19,
                weight="600")
    canvas.text(MARGIN, canvas.y + 28, "Relative to the vertical line; shorter is better. The dark line over a bar "
                "is the range of all interleaved pairs.", 12, PALE)
    x, y = MARGIN, canvas.y + 50
    canvas.box(x, y - 9, 14, 10, ACCENT)
    x = legend(canvas, x + 20, y, labels.get(subject, subject))
    canvas.line(x + 6, y - 11, x + 6, y + 3, INK, 1.5)
    x = legend(canvas, x + 16, y, labels.get(reference, reference) + " = 1")
    for name, colour in colours.items():
        canvas.dot(x + 6, y - 4, colour)
        x = legend(canvas, x + 16, y, labels[name])
    canvas.y += 66


def legend(canvas, x, y, text):
    canvas.text(x, y, text, 12)
    return x + 7 * len(text) + 16


def draw_frame(canvas, title, lines, scale, last_column):
    """The title, grid and reference line of one panel; returns the y of the first line's middle."""
    canvas.y += 22
    canvas.text(MARGIN, canvas.y, title, 14, weight="600")
    canvas.text(WIDTH - MARGIN, canvas.y, last_column, 11, PALE, "end")
    top, bottom = canvas.y + 10, canvas.y + 14 + lines * LINE
    for step in scale.steps():
        canvas.line(scale.x(step), top, scale.x(step), bottom, GRID)
        canvas.text(scale.x(step), bottom + 14, f"{step:g}", 11, PALE, "middle")
    canvas.y = bottom + 20
    return top + LINE / 2 + 2


def draw_panel(canvas, title, figures, labels, subject, reference, colours):
    scale = Scale(max((ratio[0] for figure in figures for ratio in figure.ratios.values() if ratio), default=1))
    y = draw_frame(canvas, title, len(figures), scale, f"{labels.get(subject, '')} / {labels.get(reference, '')}")
    top = y - LINE / 2
    for figure in figures:
        canvas.text(LEFT - 12, y + 4, figure.row.title, 12, anchor="end")
        draw_bar(canvas, scale, y, figure.ratios.get(subject))
        for name, colour in colours.items():
            if figure.ratios.get(name):
                canvas.dot(scale.x(figure.ratios[name][0]), y, colour)
        values = [f"{figure.medians[name]:.3g}" for name in (subject, reference) if name in figure.medians]
        canvas.text(WIDTH - MARGIN, y + 4, f"{' / '.join(values)} {figure.row.unit}", 12, PALE, "end")
        y += LINE
    canvas.line(scale.x(1), top, scale.x(1), y - LINE / 2, INK, 1.5)


def draw_bar(canvas, scale, y, ratio):
    if not ratio:
        return
    median, least, most = ratio
    canvas.box(LEFT, y - 6, scale.x(median) - LEFT, 12, ACCENT)
    canvas.box(scale.x(least), y - 8.5, max(2.0, scale.x(most) - scale.x(least)), 2, SOFT, 1)
    canvas.text(scale.x(median) - 5, y + 4, f"{median:.2f}", 11, "#ffffff", "end", "600")


def draw_threads(canvas, title, figures, labels, subject, reference):
    lines = [(figure, name) for figure in figures for name in (subject, reference) if f"{name}/2" in figure.medians]
    if not lines:
        return
    ratios = [(figure, name, figure.ratio(f"{name}/2", f"{name}/1"),
               figure.ratio(f"{name}/2", f"{name}/1", "per_second"))
              for figure, name in lines]
    scale = Scale(max(cpu[0] for _, _, cpu, _ in ratios))
    y = draw_frame(canvas, title, len(ratios), scale, "throughput, two / one")
    top = y - LINE / 2
    for figure, name, cpu, speed in ratios:
        canvas.text(LEFT - 12, y + 4, f"{figure.row.title}: {labels[name]}", 12, anchor="end")
        if name == subject:
            draw_bar(canvas, scale, y, cpu)
        else:
            canvas.dot(scale.x(cpu[0]), y, PALE)
            canvas.text(scale.x(cpu[0]) + 9, y + 4, f"{cpu[0]:.2f}", 11, PALE)
        canvas.text(WIDTH - MARGIN, y + 4, f"{speed[0]:.2f}", 12, PALE, "end")
        y += LINE
    canvas.line(scale.x(1), top, scale.x(1), y - LINE / 2, INK, 1.5)


def draw_facts(canvas, figures, labels, subject):
    if not figures:
        return
    canvas.y += 22
    canvas.text(MARGIN, canvas.y, "And", 14, weight="600")
    names = [name for name in labels if any(name in figure.medians for figure in figures)]
    columns = {name: WIDTH - MARGIN - (len(names) - 1 - index) * 105 for index, name in enumerate(names)}
    for name, x in columns.items():
        canvas.text(x, canvas.y, labels[name], 11, PALE, "end")
    for figure in figures:
        canvas.y += LINE - 3
        canvas.text(MARGIN, canvas.y, figure.row.title, 12)
        for name, x in columns.items():
            if name in figure.medians:
                bold = "600" if name == subject else "normal"
                canvas.text(x, canvas.y, f"{figure.medians[name]:.3g} {figure.row.unit}", 12, anchor="end", weight=bold)


def draw_foot(canvas, document):
    at, how = document["machine"], document["settings"]
    canvas.y += 26
    canvas.text(MARGIN, canvas.y, f"{document['date']}, commit {at['commit']}; {at['processors']} x {at['processor']}, "
                f"{at['memory_gb']} GB, Linux {at['kernel']}; medians of {how['pairs']} pairs of {how['seconds']:g} s; "
                "server and load on a processor each.", 10.5, PALE)
