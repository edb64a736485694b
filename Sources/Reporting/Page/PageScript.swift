/// What the page does where scripts run: it puts a live view in the place of each picture, once a
/// reader gets near it.
enum PageScript {
  /// A chart whose live view fails keeps its picture.
  static let text = """
    "use strict";
    (function () {
      function enliven(figure) {
        var picture = figure.querySelector(".picture");
        var specification = JSON.parse(figure.querySelector("script").textContent);
        var live = document.createElement("div");
        var isDark = window.matchMedia("(prefers-color-scheme: dark)").matches;
        vegaEmbed(live, specification, {
          mode: "vega-lite", renderer: "svg", actions: false,
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
