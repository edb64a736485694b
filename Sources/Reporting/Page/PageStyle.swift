/// The style sheet of the report: light and dark, on a phone and on paper.
enum PageStyle {
  /// Live views are drawn for a light page, as pictures are. Their few colours that are not a mechanism's are replaced by
  /// the page's own, which turns them dark with it; mechanisms keep theirs.
  static var sheet: String {
    let pictures = dark.map { colour in
      """
      .picture [fill="\(colour.light)"] { fill: var(--\(colour.name)); }
      .picture [stroke="\(colour.light)"] { stroke: var(--\(colour.name)); }
      """
    }
    return ([page] + pictures + [onPaper]).joined(separator: "\n")
  }

  /// The same for an image, which has a style sheet of its own and the page's colour scheme.
  static var pictureSheet: String {
    let colours = dark.map { colour in
      """
      [fill="\(colour.light)"] { fill: \(colour.dark); }
      [stroke="\(colour.light)"] { stroke: \(colour.dark); }
      """
    }
    return """
      svg { background-color: transparent !important; }
      @media (prefers-color-scheme: dark) {
      \(colours.joined(separator: "\n"))
      }
      """
  }

  /// What a dark page has in the place of a chart's colours.
  private static let dark = [
    (name: "ink", light: ChartTheme.ink, dark: "#e6e9ec"),
    (name: "muted", light: ChartTheme.muted, dark: "#a5adb6"),
    (name: "grid", light: ChartTheme.grid, dark: "#3a424b"),
    (name: "paper", light: ChartTheme.paper, dark: "#14181d"),
    (name: "warning", light: ChartTheme.warning, dark: "#ff7b72"),
  ]

  private static let page = """
    :root {
      color-scheme: light dark;
      --ink: \(ChartTheme.ink); --muted: \(ChartTheme.muted); --grid: \(ChartTheme.grid);
      --paper: \(ChartTheme.paper); --warning: \(ChartTheme.warning); --shade: #f3f5f7; --link: #0059a8;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        \(dark.map { "--\($0.name): \($0.dark);" }.joined(separator: " "))
        --shade: #1e242b; --link: #7cb8ff;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0; background: var(--paper); color: var(--ink);
      font: 16px/1.5 system-ui, "Liberation Sans", Arial, Helvetica, sans-serif;
      overflow-wrap: break-word;
    }
    header, main, footer { max-width: 74rem; margin: 0 auto; padding: 0 1rem; }
    header { padding-top: 1.5rem; }
    h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; }
    h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; padding-top: .5rem; }
    h2, footer { border-top: 1px solid var(--grid); }
    p, dd { max-width: 46rem; }
    a { color: var(--link); }
    nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; }
    .stamp { color: var(--warning); font-weight: bold; }
    figure { margin: 1.5rem 0; }
    figcaption { color: var(--muted); max-width: 46rem; font-size: .92rem; }
    .picture, .wide { overflow-x: auto; }
    .picture svg, .picture img { display: block; max-width: none; height: auto; }
    .picture svg { background-color: transparent !important; }
    .picture .vega-embed { display: block; padding: 0; }
    .missing { padding: 1rem; background: var(--shade); }
    table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
    th, td { padding: .2rem .6rem; text-align: left; vertical-align: top; }
    th, td { border-bottom: 1px solid var(--grid); }
    thead th { border-bottom: 2px solid var(--muted); vertical-align: bottom; }
    tbody th { font-weight: normal; }
    .number { text-align: right; white-space: nowrap; }
    details { margin: .5rem 0; }
    summary { cursor: pointer; }
    code { font: .88em/1.4 ui-monospace, "Liberation Mono", monospace; }
    pre { overflow-x: auto; background: var(--shade); padding: .75rem; }
    dt { font-weight: bold; }
    dd { margin: 0 0 .5rem 0; }
    footer { margin-top: 3rem; padding-bottom: 2rem; color: var(--muted); font-size: .88rem; }
    @media (min-width: 60rem) { .picture svg, .picture img { max-width: 100%; } }
    """

  private static let onPaper = """
    @media print {
      :root {
        color-scheme: light;
        --ink: #000000; --muted: #444444; --grid: #cccccc; --paper: #ffffff; --warning: #c1121f;
        --shade: #f3f5f7; --link: #000000;
      }
      body { font-size: 10pt; }
      header, main, footer { max-width: none; }
      nav { display: none; }
      h2 { break-after: avoid; }
      figure, tr { break-inside: avoid; }
      .picture, .wide { overflow: visible; }
      .picture svg, .picture img { max-width: 100%; height: auto; }
      table { font-size: 7.5pt; }
      th, td { padding: .1rem .3rem; }
      pre { white-space: pre-wrap; }
    }
    """
}
