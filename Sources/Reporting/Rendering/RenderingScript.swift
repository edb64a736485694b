/// The half of rendering that is Python: vl-convert comes as a package of it and has no command.
///
/// Given a report's folder and the names of its charts, it draws them all in one process, because each
/// start of the renderer's JavaScript engine takes longer than a chart. What it prints are the scripts that
/// make charts interactive in a page.
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
    import os
    import pathlib

    # The specifications are Vega-Lite 5; of those that the package knows, its newest, or else what it likes.
    VERSION = max(
        (v for v in vl_convert.get_vegalite_versions() if v.startswith("5.")),
        key=lambda v: [int(n) for n in v.split(".")], default=None)

    def put(path, content):
        part = path.with_name(path.name + ".part")
        part.write_bytes(content)
        os.replace(part, path)

    folder = pathlib.Path(sys.argv[1])
    failed = False
    for name in sys.argv[2:]:
        try:
            specification = (folder / f"{name}.vl.json").read_text("utf-8")
            picture = vl_convert.vegalite_to_svg(specification, vl_version=VERSION)
            put(folder / f"{name}.svg", picture.encode())
            put(folder / f"{name}.png", vl_convert.svg_to_png(picture, scale=2))
        except Exception as error:
            failed = True
            print(f"{name}: {' '.join(str(error).split())[:400]}", file=sys.stderr)
    if not failed:
        sys.stdout.buffer.write(vl_convert.javascript_bundle(vl_version=VERSION).encode())
    sys.exit(1 if failed else 0)
    """
}
