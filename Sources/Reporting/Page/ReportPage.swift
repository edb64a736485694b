import FoundationEssentials
import Paths
import Results

/// `report.html`: one file with everything in it, which needs no network and says so to the browser.
struct ReportPage: Sendable {
  /// A chart with what was made of it.
  struct Figure: Sendable {
    var chart: Chart
    /// nil where nothing was drawn.
    var svg: String?
  }

  var title: String
  var runs: [ReportRun]
  var sections: [ReportSection]
  /// By the chart's name.
  var drawings: [String: String]
  /// What makes charts interactive; nil where there is no renderer to get it from.
  var scripts: String?
  /// Stands in the place of each picture that is not there.
  var missingPicture: String

  /// The page may load nothing from anywhere and send nothing anywhere; pictures are in it, and of scripts only
  /// those run that are named here by their hashes. Vega's live views bring style sheets of their own.
  /// <https://www.w3.org/TR/CSP3/>
  private static func policy(_ scripts: PageScripts) -> String {
    "default-src 'none'; script-src \(scripts.sources); style-src 'unsafe-inline'; img-src data:; "
      + "base-uri 'none'; form-action 'none'"
  }

  var text: String {
    let scripts = PageScripts(renderer: scripts)
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="\(Self.policy(scripts))">
      <meta name="generator" content="ipcbench report">
      <title>\(title)</title>
      <style>
      \(HTML.style(PageStyle.sheet))
      </style>
      </head>
      <body>
      <header>
      <h1>\(title)</h1>
      \(HTML.lines(runs.map(Self.heading)))
      \(contents)
      </header>
      <main>
      \(HTML.lines(sections.map(section)))
      </main>
      \(Self.footer(runs))
      \(scripts.elements)
      </body>
      </html>

      """
    return page.text
  }

  private static func heading(_ run: ReportRun) -> HTML {
    let stamp: HTML =
      run.isDebugBuild
      ? "<p class=\"stamp\">DEBUG BUILD: these figures say nothing about the mechanisms.</p>" : ""
    let shortfall: HTML =
      run.shortfall.map { "<p class=\"stamp\">Not finished: \($0).</p>" } ?? ""
    let build = run.buildPhrase.map { " · \($0)" } ?? ""
    return """
      <p>\(run.hostPhrase) · \(run.gradePhrase)\(build)<br><code>\(run.name)</code></p>
      \(stamp)
      \(shortfall)
      """
  }

  private var contents: HTML {
    let items = sections.map { section -> HTML in
      "<li><a href=\"#\(section.name)\">\(section.title)</a></li>"
    }
    return "<nav aria-label=\"Contents\"><ul>\n\(HTML.lines(items))\n</ul></nav>"
  }

  private func section(_ section: ReportSection) -> HTML {
    let paragraphs = section.paragraphs.map { paragraph -> HTML in "<p>\(paragraph)</p>" }
    return """
      <section aria-labelledby="\(section.name)">
      <h2 id="\(section.name)">\(section.title)</h2>
      \(HTML.lines(paragraphs))
      \(HTML.lines(section.tables.map(Self.table)))
      \(HTML.lines(section.charts.map(figure)))
      </section>
      """
  }

  // MARK: - Charts

  private func figure(_ chart: Chart) -> HTML {
    let drawing = drawings[chart.name]
    let footer = runs.map(\.footer)
    let picture: HTML =
      drawing.map { "<img src=\"\(EmbeddedPicture.source(of: $0))\" alt=\"\">" }
      ?? "<p class=\"missing\">\(missingPicture)</p>"
    let live: HTML =
      scripts == nil ? "" : " data-live"
    let specification: HTML =
      scripts == nil
      ? ""
      : """
      <script type="application/json">\
      \(HTML.json(HTML.JSONText(text: chart.embedded(footer: footer).text)))</script>
      """
    return """
      <figure id="chart-\(chart.name)"\(live)>
      <div class="picture" role="img" aria-label="\(chart.title). \(chart.caption)">\(picture)</div>
      <figcaption>\(chart.caption) <a href="charts/\(chart.name).vl.json">Specification</a></figcaption>
      \(specification)
      </figure>
      """
  }

  // MARK: - Tables

  /// Longer ones are folded: a reader who wants a number finds it, one who scrolls is not held up.
  private static let longestUnfolded = 12

  private static func table(_ table: TextTable) -> HTML {
    func row(_ cells: [String]) -> HTML {
      let marked = zip(cells, table.columns).enumerated().map { place, cell -> HTML in
        let (text, column) = cell
        if place == 0 { return "<th scope=\"row\">\(text)</th>" }
        return column.alignsRight ? "<td class=\"number\">\(text)</td>" : "<td>\(text)</td>"
      }
      return "<tr>\(HTML.lines(marked))</tr>"
    }
    let header = table.columns.map { column -> HTML in
      let words = [column.header.upper, column.header.lower].filter { !$0.isEmpty }
        .joined(separator: " ")
      // An empty heading would be read as one.
      if words.isEmpty { return "<td></td>" }
      return column.alignsRight
        ? "<th scope=\"col\" class=\"number\">\(words)</th>" : "<th scope=\"col\">\(words)</th>"
    }
    let isLong = table.rows.count > longestUnfolded
    return """
      <details\(isLong ? HTML.none : " open")>
      <summary>\(table.title.isEmpty ? "Table" : table.title)</summary>
      <div class="wide" tabindex="0" role="region" aria-label="\(table.title)"><table>
      <thead><tr>\(HTML.lines(header))</tr></thead>
      <tbody>
      \(HTML.lines(table.rows.map(row)))
      </tbody>
      </table></div>
      </details>
      """
  }

  // MARK: - Whose numbers these are

  private static func footer(_ runs: [ReportRun]) -> HTML {
    let entries = runs.map { run -> HTML in
      let command = run.description?.commandLine.map(\.shown).joined(separator: " ")
      return """
        <dt>\(run.name)</dt>
        <dd>\(run.footer)<br><code>\(command ?? "command line unknown")</code></dd>
        """
    }
    return """
      <footer>
      <dl>
      \(HTML.lines(entries))
      </dl>
      </footer>
      """
  }
}

/// A picture as it stands in the page: an image, in which nothing runs and which loads nothing, whatever is in
/// it. <https://www.w3.org/TR/SVG2/conform.html#secure-static-mode>
enum EmbeddedPicture {
  /// A URL that is the picture (RFC 2397).
  static func source(of svg: String) -> String {
    "data:image/svg+xml;base64," + Data(themed(svg).utf8).base64EncodedString()
  }

  /// With the page's colours: its style sheet does not reach into an image.
  static func themed(_ svg: String) -> String {
    guard let start = svg.firstRange(of: "<svg"),
      let end = svg[start.upperBound...].firstRange(of: ">"), !svg[..<end.lowerBound].hasSuffix("/")
    else { return svg }
    return svg[..<end.upperBound] + "<style>\(PageStyle.pictureSheet)</style>"
      + svg[end.upperBound...]
  }
}
