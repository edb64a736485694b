/// The half of rendering that is Python: vl-convert comes as a package of it and has no command.
///
/// Given the charts' specifications on standard input, as one JSON object by name, and the names as arguments,
/// it draws them all in one process, because each start of the renderer's JavaScript engine takes longer than a
/// chart. It neither reads nor writes a file. What it prints are JSON objects, a line each: a chart's pictures,
/// and at last the scripts that make charts interactive in a page.
enum RenderingScript {
  /// What it ends with where the package is not there; sysexits.h's EX_UNAVAILABLE.
  static let missingPackageExitCode: Int32 = 69

  static let text = """
    import sys
    # Whatever lies in the current folder is not the package.
    sys.path[:] = [place for place in sys.path if place]
    try:
        import vl_convert
    except ImportError as error:
        print(error, file=sys.stderr)
        sys.exit(\(missingPackageExitCode))
    import base64
    import json

    # The specifications are Vega-Lite 5; of those that the package knows, its newest, or else what it likes.
    VERSION = max(
        (v for v in vl_convert.get_vegalite_versions() if v.startswith("5.")),
        key=lambda v: [int(n) for n in v.split(".")], default=None)

    def put(**line):
        print(json.dumps(line), flush=True)

    specifications = json.loads(sys.stdin.buffer.read())
    failed = False
    for name in sys.argv[1:]:
        try:
            svg = vl_convert.vegalite_to_svg(specifications[name], vl_version=VERSION)
            png = bytes(vl_convert.svg_to_png(svg, scale=2))
            put(chart=name, svg=svg, png=base64.b64encode(png).decode())
        except Exception as error:
            failed = True
            print(f"{name}: {' '.join(str(error).split())[:400]}", file=sys.stderr)
    if not failed:
        put(scripts=vl_convert.javascript_bundle(vl_version=VERSION))
    sys.exit(1 if failed else 0)
    """
}
