const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** Elements that run script, load a document or change the meaning of the page by being there. */
export const ACTIVE_ELEMENTS = words(
  `script iframe frameset embed applet isindex svg math bgsound vmlframe noscript foreignobject xss
   fencedframe event-source py-script plaintext`,
);
/** Elements whose names are common in XML too: they act only with one of these attributes. */
export const ACTIVE_WITH: Readonly<Record<string, ReadonlySet<string>>> = {
  meta: words('http-equiv content charset'),
  link: words('href rel'),
  base: words('href target'),
  object: words('data classid code codebase'),
  layer: words('src'),
  ilayer: words('src'),
  portal: words('src'),
  frame: words('src'),
  set: words('attributename to onbegin'),
  animate: words('attributename values from to'),
  animatetransform: words('attributename onbegin'),
  animation: words('href xlink:href'),
  handler: words('event type ev:event'),
  listener: words('event handler'),
  xml: words('src id'),
  import: words('implementation'),
  template: words('shadowrootmode shadowroot'),
  label: words('dataformatas datasrc'),
  span: words('datasrc dataformatas'),
  div: words('datasrc dataformatas'),
};
/** Elements whose end tag leaves a context in which text is no markup. */
export const RAW_TEXT_ELEMENTS = words('script style title textarea noscript iframe xmp noembed noframes template plaintext');
/** Attributes that hold a whole document, or the address that a form is sent to. */
export const DOCUMENT_ATTRIBUTES = words('srcdoc formaction');
/** Name spaces whose elements act under any name. XHTML counts only with a prefix: FHIR sends narratives in it. */
export const ACTIVE_NAMESPACES = [
  'http://www.w3.org/2000/svg',
  'http://www.w3.org/1999/xsl',
  'http://www.w3.org/2001/xml-events',
  'urn:schemas-microsoft-com',
  'x-schema:',
];
export const XHTML = 'http://www.w3.org/1999/xhtml';
/** Prefixes under which pages name these name spaces. */
export const ACTIVE_PREFIXES = words('xsl svg math html xhtml');
export const SCRIPT_SCHEMES = words('javascript vbscript livescript mocha jscript ecmascript mhtml view-source jar wyciwyg');

/** Event handlers of browsers. In a tag every name that begins with `on` counts; outside of one, only these do. */
export const EVENT_HANDLERS = words(
  `onabort onactivate onafterprint onafterscriptexecute onafterupdate onanimationcancel onanimationend onanimationiteration onanimationstart
   onauxclick onbeforeactivate onbeforecopy onbeforecut onbeforedeactivate onbeforeeditfocus onbeforeinput onbeforematch onbeforepaste
   onbeforeprint onbeforescriptexecute onbeforetoggle onbeforeunload onbeforeupdate onbegin onblur onbounce oncancel oncanplay oncanplaythrough
   oncellchange onchange onclick onclose oncontentvisibilityautostatechange oncontextmenu oncontrolselect oncopy oncuechange oncut ondataavailable
   ondatasetchanged ondatasetcomplete ondblclick ondeactivate ondrag ondragend ondragenter ondragexit ondragleave ondragover ondragstart ondrop
   ondurationchange onemptied onend onended onerror onerrorupdate onfilterchange onfinish onfocus onfocusin onfocusout onformdata onformchange
   onforminput onfullscreenchange onfullscreenerror ongotpointercapture onhashchange onhelp oninput oninvalid onkeydown onkeypress onkeyup
   onlayoutcomplete onload onloadeddata onloadedmetadata onloadend onloadstart onlosecapture onlostpointercapture onmessage onmessageerror
   onmousedown onmouseenter onmouseleave onmousemove onmouseout onmouseover onmouseup onmousewheel onmove onmoveend onmovestart onmozfullscreenchange
   onoffline ononline onorientationchange onpagehide onpagereveal onpageshow onpageswap onpaste onpause onplay onplaying onpointercancel
   onpointerdown onpointerenter onpointerleave onpointermove onpointerout onpointerover onpointerrawupdate onpointerup onpopstate onprogress
   onpropertychange onratechange onreadystatechange onrejectionhandled onrepeat onreset onresize onresizeend onresizestart onrowenter onrowexit
   onrowsdelete onrowsinserted onscroll onscrollend onscrollsnapchange onsearch onsecuritypolicyviolation onseek onseeked onseeking onselect
   onselectionchange onselectstart onshow onslotchange onstalled onstart onstop onstorage onsubmit onsuspend onsyncrestored ontimeerror
   ontimeupdate ontoggle ontouchcancel ontouchend ontouchmove ontouchstart ontransitioncancel ontransitionend ontransitionrun
   ontransitionstart onunhandledrejection onunload onurlflip onvolumechange onwaiting onwebkitanimationend onwebkitanimationiteration
   onwebkitanimationstart onwebkitmouseforcechanged onwebkitplaybacktargetavailabilitychanged onwebkittransitionend onwheel onzoom`,
);

/** Functions that run text, or that attacks call to show that script runs. */
export const SINKS = words(
  `alert confirm prompt eval Function setTimeout setInterval setImmediate execScript importScripts import fetch atob print msgbox MsgBox
   XMLHttpRequest WebSocket EventSource Image getScript fromCharCode fromCodePoint requestAnimationFrame queueMicrotask`,
);
/** Of these, names that files and functions of other kinds have too (`Image(1).jpg`). */
export const COMMON_SINKS = words('import fetch atob print Image WebSocket EventSource');
/** The objects through which script reaches the page. */
export const GLOBALS = words(
  'document window self top parent frames globalThis location localStorage sessionStorage navigator opener this',
);
/** Members of these objects that matter for an attack. Paths of data have others (`location.name`, `document.type`). */
export const MEMBERS = words(
  `cookie innerHTML outerHTML href hash documentElement eval location document constructor getItem setItem sendBeacon serviceWorker
   write writeln createElement getElementById getElementsByTagName getElementsByName getElementsByClassName querySelector querySelectorAll
   execCommand defaultView localStorage sessionStorage`,
);
/** Words of the language after which an expression begins. */
export const SCRIPT_KEYWORDS = words('return throw new typeof void await in of else do case delete yield var let const default instanceof');
