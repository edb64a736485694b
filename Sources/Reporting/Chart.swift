import Results

/// A picture of the report: a Vega-Lite specification and what is said about it.
package struct Chart: Sendable {
  /// The stem of its files' names: letters, digits and `-`.
  package var name: String
  package var title: String
  /// What a reader should look for, in a sentence or two; stands below the picture and is its text for
  /// those who cannot see it.
  package var caption: String
  /// Vega-Lite 5 without `$schema` and `config`, which all charts share, with its data inside.
  /// <https://vega.github.io/vega-lite/docs/>
  package var specification: JSON

  package init(name: String, title: String, caption: String, specification: JSON) {
    self.name = name
    self.title = title
    self.caption = caption
    self.specification = specification
  }
}
