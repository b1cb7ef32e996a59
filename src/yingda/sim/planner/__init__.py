"""`yingda simulate`: a scenario played many times through the production distributor (issue ACD, metrics.md 5 to 7).

`scenario` says what is asked, `draws` what a day brings, `day` plays it, `replicate` repeats it until the service level
is known well enough, `outcome` adds up, `report` tells it as JSON and as a page. docs/simulate.md is for the reader.
"""
