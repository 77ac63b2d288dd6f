"""results/report.html, one file that works offline.

page.py assembles it; content.py says what is in each claim's section, pictures.py packs figures, typeset.py sets
mathematics. How it looks and behaves stands in templates/.
"""
