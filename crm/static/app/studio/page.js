// What the other pages of the studio do in the browser.
