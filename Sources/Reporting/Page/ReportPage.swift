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

  /// The page may load nothing from anywhere. Vega compiles expressions, which takes 'unsafe-eval'.
  private static let policy =
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    + "img-src data: blob:"

  var text: String {
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="\(Self.policy)">
      <meta name="generator" content="ipcbench report">
      <title>\(title)</title>
      <style>
      \(HTML.drawing(PageStyle.sheet))
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
      \(scriptElements)
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
      drawing.map { HTML.drawing(InlineDrawing.text(of: $0, named: chart.name)) }
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

  private var scriptElements: HTML {
    guard let scripts else { return "<script>\(HTML.script(PageScript.printing))</script>" }
    return """
      <script>\(HTML.script(scripts))</script>
      <script>\(HTML.script(PageScript.text + "\n" + PageScript.printing))</script>
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
      let command = run.description?.commandLine.joined(separator: " ")
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

/// A picture as it stands in the page.
enum InlineDrawing {
  /// Names within a picture, of clips and gradients, are the page's own once it stands there: each gets
  /// the chart's name before it.
  static func text(of svg: String, named name: String) -> String {
    var drawing = svg
    if let start = drawing.firstRange(of: "<svg") {
      drawing.removeSubrange(..<start.lowerBound)
    }
    return drawing.replacing("id=\"", with: "id=\"\(name)-")
      .replacing("url(#", with: "url(#\(name)-").replacing("href=\"#", with: "href=\"#\(name)-")
  }
}
