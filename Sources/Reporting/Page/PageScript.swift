import FoundationEssentials

/// All scripts of a page, and how its content policy calls them.
struct PageScripts {
  private let codes: [String]

  /// - Parameter renderer: what makes charts interactive; nil where there is no renderer to get it from.
  init(renderer: String?) {
    let own = renderer == nil ? [] : [PageScript.text]
    codes = ([renderer].compactMap { $0 } + [(own + [PageScript.printing]).joined(separator: "\n")])
      .map(Self.embeddable)
  }

  /// As a browser has it when it has read the page: the hashes are of that.
  ///
  /// An end tag within a script would end the element; it can stand in strings and comments only, where the
  /// backslash changes nothing. A reader of HTML makes a line feed of a carriage return and U+FFFD of a zero.
  static func embeddable(_ code: String) -> String {
    var text = code.replacing("</script", with: "<\\/script").replacing("<!--", with: "<\\!--")
    text.unicodeScalars.removeAll { $0 == "\r" || $0 == "\0" }
    return text
  }

  var elements: HTML { .lines(codes.map { HTML.script($0) }) }

  /// `'sha256-…'` for each.
  var sources: String {
    codes.map { "'sha256-\(Data(SHA256.digest($0.utf8)).base64EncodedString())'" }
      .joined(separator: " ")
  }
}

/// What the page does where scripts run: it puts a live view in the place of each picture, once a
/// reader gets near it.
enum PageScript {
  /// A chart whose live view fails keeps its picture. `ast` has Vega interpret its expressions: compiled ones
  /// would have to be allowed by the content policy, and so would anybody's.
  static let text = """
    "use strict";
    (function () {
      function enliven(figure) {
        var picture = figure.querySelector(".picture");
        var specification = JSON.parse(figure.querySelector("script").textContent);
        var live = document.createElement("div");
        var isDark = window.matchMedia("(prefers-color-scheme: dark)").matches;
        vegaEmbed(live, specification, {
          mode: "vega-lite", renderer: "svg", actions: false, ast: true,
          tooltip: { theme: isDark ? "dark" : "light" }
        }).then(function () {
          picture.setAttribute("role", "group");
          picture.replaceChildren(live);
        }).catch(function (error) { console.error(figure.id, error); });
      }
      var figures = document.querySelectorAll("figure[data-live]");
      if (!window.vegaEmbed || !window.IntersectionObserver) { return; }
      var observer = new IntersectionObserver(function (entries) {
        entries.forEach(function (entry) {
          if (!entry.isIntersecting) { return; }
          observer.unobserve(entry.target);
          enliven(entry.target);
        });
      }, { rootMargin: "400px" });
      figures.forEach(function (figure) { observer.observe(figure); });
    })();
    """

  /// Tables that are folded away are printed all the same.
  static let printing = """
    window.addEventListener("beforeprint", function () {
      document.querySelectorAll("details").forEach(function (details) { details.open = true; });
    });
    """
}
